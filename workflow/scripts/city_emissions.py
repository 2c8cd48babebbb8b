"""Emissions of one year; the work is in scenair.projection.io.build_city_emissions."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name=f"city emissions {'/'.join(snakemake.wildcards)}"):
    from scenair.projection.io import build_city_emissions

    build_city_emissions(
        year=int(snakemake.wildcards.year),
        scenario=snakemake.wildcards.scenario,
        config=snakemake.params.config,
        trajectory=snakemake.input.trajectory,
        points=snakemake.input.points,
        plants=next(iter(snakemake.input.plants), None),
        cities=snakemake.output.cities,
        points_out=snakemake.output.points,
        closure=snakemake.output.closure,
    )
