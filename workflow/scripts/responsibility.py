"""Responsibility matrix; the work is in scenair.surrogate.io.responsibility."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name=f"responsibility {snakemake.wildcards.year}"):
    from scenair.surrogate.io.responsibility import build_responsibility

    build_responsibility(
        year=int(snakemake.wildcards.year),
        config=snakemake.params.config,
        gridded=snakemake.input.gridded,
        cities=snakemake.input.cities,
        meteorology=snakemake.input.meteorology,
        annual=snakemake.input.annual,
        responsibility=snakemake.output.responsibility,
        parent=list(snakemake.input.parent),
    )
