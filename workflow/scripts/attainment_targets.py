"""Targets of the cities; the work is in scenair.attainment.io.city_targets."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name=f"city_targets {snakemake.wildcards.scenario}"):
    from scenair.attainment.io.city_targets import build_city_targets

    build_city_targets(
        year=int(snakemake.wildcards.year),
        config=snakemake.params.config,
        cities=snakemake.input.cities,
        cities_fused=snakemake.input.cities_fused,
        air_quality=snakemake.input.air_quality,
        monitors=snakemake.input.monitors,
        emissions=snakemake.input.emissions,
        responsibility=snakemake.input.responsibility,
        out=snakemake.output.targets,
    )
