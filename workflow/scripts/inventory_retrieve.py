"""Fetch one source of the registry; the work is in scenair.inventory.retrieve."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name=f"retrieval of {snakemake.params.source}"):
    from scenair.inventory.retrieve import retrieve

    retrieve(
        snakemake.params.source,
        target=snakemake.output.file,
        path=snakemake.input.registry,
    )
