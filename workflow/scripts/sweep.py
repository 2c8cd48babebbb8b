"""A quarter of all scenario-years of a sweep: scenair.surrogate.io.sweep.build_sweep."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name=f"sweep, quarter {snakemake.params.quarter + 1}"):
    from scenair.surrogate.io.sweep import build_sweep

    build_sweep(
        quarter=snakemake.params.quarter,
        members=snakemake.params.members,
        config=snakemake.params.config,
        gridded=list(snakemake.input.gridded),
        meteorology=snakemake.input.meteorology,
        background=snakemake.input.background,
        solutions=snakemake.output.solutions,
        threads=snakemake.threads,
    )
