"""Concentrations from CMAQ; the work is in scenair.cmaq.io_readback.read_run."""

from scenair.core.audit.session import job

with job(
    snakemake.log[0],
    name=f"cmaq_air_quality {snakemake.wildcards.year} {snakemake.wildcards.scenario}",
):
    from scenair.cmaq.io_readback import read_run

    read_run(
        year=int(snakemake.wildcards.year),
        scenario=snakemake.wildcards.scenario,
        config=snakemake.params.config,
        files=[*snakemake.input.aconc, *snakemake.input.aelmo],
        annual=snakemake.output.annual,
        daily=snakemake.output.daily,
        closure=snakemake.output.closure,
        background=next(iter(snakemake.input.background), None),
    )
