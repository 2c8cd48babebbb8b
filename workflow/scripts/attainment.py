"""Attainment of one scenario and year; the work is in scenair.attainment.io.build."""

from scenair.core.audit.session import job

with job(
    snakemake.log[0], name=f"attainment {snakemake.wildcards.year} {snakemake.wildcards.scenario}"
):
    from scenair.attainment.io.build import build_attainment

    build_attainment(
        year=int(snakemake.wildcards.year),
        scenario=snakemake.wildcards.scenario,
        config=snakemake.params.config,
        air_quality=snakemake.input.air_quality,
        base_air_quality=snakemake.input.base,
        trajectory=snakemake.input.trajectory,
        monitors=snakemake.input.monitors,
        **snakemake.output,
    )
