"""Inventory of one year; the work is in scenair.inventory.io.build_inventory."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name=f"inventory {snakemake.wildcards.year}"):
    from scenair.inventory.io import build_inventory

    build_inventory(
        year=int(snakemake.wildcards.year),
        config=snakemake.params.config,
        inventory=snakemake.output.inventory,
        points=snakemake.output.points,
        closure=snakemake.output.closure,
        factors=snakemake.output.factors,
        conflicts=snakemake.output.conflicts,
        quality=snakemake.output.quality,
        gridded_sums=next(iter(snakemake.input.gridded_sums), None),
    )
