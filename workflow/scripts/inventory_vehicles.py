"""Private cars by county; the work is in scenair.inventory.io.build_vehicles."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name=f"private cars {snakemake.wildcards.year}"):
    from scenair.inventory.io import build_vehicles

    build_vehicles(
        year=int(snakemake.wildcards.year),
        inventory=snakemake.input.inventory,
        vehicles=snakemake.output.vehicles,
        comparison=snakemake.output.comparison,
    )
