"""Provincial sums of gridded inventories; the work is in scenair.inventory.io.build_regional."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name="provincial sums of gridded inventories"):
    from scenair.inventory.io import build_regional

    build_regional(config=snakemake.params.config, regional=snakemake.output.regional)
