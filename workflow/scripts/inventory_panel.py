"""The history years side by side; the work is in scenair.inventory.io_history.build_panel."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name="inventory history"):
    from scenair.inventory.io_history import build_panel

    build_panel(
        inventories=dict(zip(snakemake.params.years, snakemake.input.inventories, strict=True)),
        panel=snakemake.output.panel,
    )
