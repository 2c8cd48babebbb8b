"""Gridded emissions of a year; the work is in scenair.gridding.io.build_gridded."""

from scenair.core.audit.session import job

with job(
    snakemake.log[0],
    name=f"gridded {snakemake.wildcards.year} {snakemake.wildcards.scenario}",
):
    from scenair.gridding.io import build_gridded

    build_gridded(
        year=int(snakemake.wildcards.year),
        config=snakemake.params.config,
        cities=snakemake.input.cities,
        check=snakemake.input.check,
        points=snakemake.input.points,
        spatial=snakemake.input.spatial,
        gridded=snakemake.output.gridded,
        closure=snakemake.output.closure,
    )
