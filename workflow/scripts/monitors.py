"""Monitors, people and fusion weights; the work is in scenair.attainment.io.places."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name="monitors"):
    from scenair.attainment.io.places import build_monitors

    build_monitors(config=snakemake.params.config, out=snakemake.output.monitors)
