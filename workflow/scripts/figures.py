"""Figures of one year and scenario; the work is in scenair.figures.io.draw_figures."""

from pathlib import Path

from scenair.core.audit.session import job

with job(
    snakemake.log[0], name=f"figures {snakemake.wildcards.year} {snakemake.wildcards.scenario}"
):
    from scenair.figures.io import draw_figures

    draw_figures(
        year=int(snakemake.wildcards.year),
        scenario=snakemake.wildcards.scenario,
        title=snakemake.params.title,
        config=snakemake.params.config,
        inputs={
            "trajectory": snakemake.input.trajectory,
            "reference": str(snakemake.input.reference) or None,
            "gridded": snakemake.input.gridded,
            "annual": snakemake.input.annual,
            "annual_base": snakemake.input.annual_base,
            "cities": snakemake.input.cities,
            "sites": snakemake.input.sites,
            "double": snakemake.input.double,
            "fused": snakemake.input.fused,
            "cities_fused": snakemake.input.cities_fused,
            "exposure": snakemake.input.exposure,
        },
        folder=Path(snakemake.output.png[0]).parent,
    )
