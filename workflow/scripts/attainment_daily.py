"""Responses from daily fields; the work is in scenair.attainment.io.daily."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name=f"daily_response {snakemake.wildcards.scenario}"):
    from scenair.attainment.io.daily import build_daily_response

    build_daily_response(
        config=snakemake.params.config,
        base=snakemake.input.base,
        future=snakemake.input.future,
        monitors=snakemake.input.monitors,
        out=snakemake.output.response,
    )
