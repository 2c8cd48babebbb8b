"""Report of one result; the work is in scenair.report.io.build_report."""

from pathlib import Path

from scenair.core.audit.session import job

with job(
    snakemake.log[0], name=f"report {snakemake.wildcards.year} {snakemake.wildcards.scenario}"
):
    from scenair.report.io import build_report

    build_report(
        year=int(snakemake.wildcards.year),
        scenario=snakemake.wildcards.scenario,
        config=snakemake.params.config,
        trajectory=snakemake.input.trajectory,
        annual=snakemake.input.annual,
        cities=snakemake.input.cities,
        double=snakemake.input.double,
        sites=snakemake.input.sites,
        summary=snakemake.input.summary,
        manifest=snakemake.input.manifest,
        figures={Path(path).stem: path for path in snakemake.input.figures},
        report=snakemake.output.report,
        **snakemake.params.words,
    )
