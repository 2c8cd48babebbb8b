"""CMAQ emission files of a year; the work is in scenair.cmaq.io.build_cmaq."""

from pathlib import Path

from scenair.core.audit.session import job

with job(
    snakemake.log[0],
    name=f"cmaq {snakemake.wildcards.year} {snakemake.wildcards.scenario}",
):
    from scenair.cmaq.io import build_cmaq

    build_cmaq(
        year=int(snakemake.wildcards.year),
        scenario=snakemake.wildcards.scenario,
        config=snakemake.params.config,
        gridded=snakemake.input.gridded,
        points=snakemake.input.points,
        griddesc=snakemake.output.griddesc,
        emis=snakemake.output.emis,
        stack=snakemake.output.points,
        listing=snakemake.output.listing,
        dates=snakemake.output.dates,
        closure=snakemake.output.closure,
        totals=snakemake.output.totals,
        kit=Path(snakemake.output.griddesc).parent,
        threads=snakemake.threads,
    )
