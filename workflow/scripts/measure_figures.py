"""Figures of measures and peaks; the work is in scenair.figures.io_measures.draw_measures."""

from pathlib import Path

from scenair.core.audit.session import job

with job(snakemake.log[0], name="figures of measures"):
    from scenair.figures.io_measures import draw_measures

    draw_measures(
        year=snakemake.params.year,
        titles=snakemake.params.titles,
        config=snakemake.params.config,
        potentials=snakemake.input.potentials,
        scores=snakemake.input.scores,
        peaks=snakemake.input.peaks,
        folder=Path(snakemake.output.png[0]).parent,
    )
