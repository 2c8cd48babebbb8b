"""Scenarios of one year beside each other; the work is in scenair.attainment.io.compare."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name=f"comparison {snakemake.wildcards.year}"):
    from scenair.attainment.io.compare import build_comparison

    names = snakemake.params.scenarios
    build_comparison(
        summaries=dict(zip(names, snakemake.input.summaries, strict=True)),
        cities=dict(zip(names, snakemake.input.cities, strict=True)),
        trajectories=dict(zip(names, snakemake.input.trajectories, strict=True)),
        base_cities=snakemake.input.base_cities,
        base_year=snakemake.params.base_year,
        out=snakemake.output,
    )
