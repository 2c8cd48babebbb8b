"""Manifest of one result; the work is in scenair.report.io.build_manifest."""

from scenair.core.audit.session import job

with job(
    snakemake.log[0], name=f"manifest {snakemake.wildcards.year} {snakemake.wildcards.scenario}"
):
    from scenair.report.io import build_manifest

    build_manifest(
        year=int(snakemake.wildcards.year),
        scenario=snakemake.wildcards.scenario,
        config=snakemake.params.config,
        files=list(snakemake.input.files),
        brought=list(snakemake.input.brought),
        figures=list(snakemake.input.figures),
        manifest=snakemake.output.manifest,
    )
