"""Figures across scenarios; the work is in scenair.figures.io_scenarios.draw_scenarios."""

from pathlib import Path

from scenair.core.audit.session import job

with job(snakemake.log[0], name=f"scenario figures {snakemake.wildcards.year}"):
    from scenair.figures.io_scenarios import draw_scenarios

    draw_scenarios(
        year=int(snakemake.wildcards.year),
        names=snakemake.params.names,
        titles=snakemake.params.titles,
        config=snakemake.params.config,
        trajectories=snakemake.input.trajectories,
        summaries=snakemake.input.summaries,
        doubles=snakemake.input.doubles,
        folder=Path(snakemake.output.png[0]).parent,
    )
