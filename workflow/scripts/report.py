"""Report of one result; the work is in scenair.report.io.build_report."""

from pathlib import Path

from scenair.core.audit.session import job

with job(
    snakemake.log[0], name=f"report {snakemake.wildcards.year} {snakemake.wildcards.scenario}"
):
    from scenair.report.io import build_report

    names = ("trajectory", "annual", "cities", "cities_fused", "double", "sites", "summary")
    build_report(
        year=int(snakemake.wildcards.year),
        scenario=snakemake.wildcards.scenario,
        words=snakemake.params.words,
        config=snakemake.params.config,
        inputs={
            **{name: getattr(snakemake.input, name) for name in names},
            "manifest": snakemake.input.manifest,
            "measures": str(snakemake.input.measures) or None,
        },
        figures={Path(path).stem: path for path in snakemake.input.figures},
        report=snakemake.output.report,
    )
