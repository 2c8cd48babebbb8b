"""A trajectory as an IAMC table; the work is in scenair.projection.io.build_iamc_export."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name=f"IAMC export {snakemake.wildcards.scenario}"):
    from scenair.projection.io import build_iamc_export

    build_iamc_export(
        scenario=snakemake.wildcards.scenario,
        trajectory=snakemake.input.trajectory,
        table=snakemake.output.table,
    )
