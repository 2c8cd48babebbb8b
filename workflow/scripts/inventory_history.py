"""Analytics of the history years; the work is in scenair.inventory.io.build_history."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name="inventory history"):
    from scenair.inventory.io import build_history

    build_history(
        config=snakemake.params.config,
        inventories=dict(zip(snakemake.params.years, snakemake.input.inventories, strict=True)),
        tables={name: snakemake.output[name] for name in snakemake.params.tables},
        sheet=snakemake.output.sheet,
        maps=snakemake.output.maps,
    )
