"""City types; the work is in scenair.projection.io.build_city_types."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name="city types"):
    from scenair.projection.io import build_city_types

    build_city_types(
        config=snakemake.params.config,
        inventory=snakemake.input.inventory,
        types=snakemake.output.types,
        quality=snakemake.output.quality,
    )
