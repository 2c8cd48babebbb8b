"""One analytic of the history years; the work is in scenair.inventory.io_history."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name=f"inventory history: {snakemake.params.name}"):
    from scenair.inventory.io_history import build_analytic

    build_analytic(
        name=snakemake.params.name,
        config=snakemake.params.config,
        panel=snakemake.input.panel,
        table=snakemake.output.table,
        figure=snakemake.output.figure,
    )
