"""Scenarios of one year beside each other; see scenair.report.io.build_comparison."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name=f"comparison {snakemake.wildcards.year}"):
    from scenair.report.io import build_comparison

    names = snakemake.params.scenarios
    build_comparison(
        year=int(snakemake.wildcards.year),
        cities=dict(zip(names, snakemake.input.cities, strict=True)),
        summaries=dict(zip(names, snakemake.input.summaries, strict=True)),
        emissions=dict(zip(names, snakemake.input.emissions, strict=True)),
        comparison=snakemake.output.comparison,
    )
