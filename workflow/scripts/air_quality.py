"""Concentrations of a year and scenario: scenair.surrogate.io.annual.build_air_quality."""

from scenair.core.audit.session import job

with job(
    snakemake.log[0], name=f"air quality {snakemake.wildcards.year} {snakemake.wildcards.scenario}"
):
    from scenair.surrogate.io.annual import build_air_quality

    build_air_quality(
        year=int(snakemake.wildcards.year),
        scenario=snakemake.wildcards.scenario,
        config=snakemake.params.config,
        gridded=snakemake.input.gridded,
        cities=snakemake.input.cities,
        meteorology=snakemake.input.meteorology,
        background=snakemake.input.background,
        annual=snakemake.output.annual,
        closure=snakemake.output.closure,
        quarters=list(snakemake.input.quarters),
        parent=list(snakemake.input.parent),
        threads=snakemake.threads,
    )
