"""Fields of all tracers for nests: scenair.surrogate.io.parent.build_tracers."""

from scenair.core.audit.session import job

with job(
    snakemake.log[0], name=f"tracers {snakemake.wildcards.year} {snakemake.wildcards.scenario}"
):
    from scenair.surrogate.io.parent import build_tracers

    build_tracers(
        year=int(snakemake.wildcards.year),
        scenario=snakemake.wildcards.scenario,
        config=snakemake.params.config,
        gridded=snakemake.input.gridded,
        meteorology=snakemake.input.meteorology,
        background=snakemake.input.background,
        annual=snakemake.input.annual,
        tracers=snakemake.output.tracers,
        parent=list(snakemake.input.parent),
        threads=snakemake.threads,
    )
