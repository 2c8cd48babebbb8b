"""Uncertainty of one year; the work is in scenair.inventory.io.build_uncertainty."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name=f"inventory uncertainty {snakemake.wildcards.year}"):
    from scenair.inventory.io import build_uncertainty

    build_uncertainty(
        config=snakemake.params.config,
        inventory=snakemake.input.inventory,
        uncertainty=snakemake.output.uncertainty,
    )
