"""Scenarios beside each other; the work is in scenair.projection.io.build_comparison."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name="comparison of trajectories"):
    from scenair.projection.io import build_comparison

    build_comparison(
        trajectories=dict(
            zip(snakemake.params.scenarios, snakemake.input.trajectories, strict=True)
        ),
        national=snakemake.output.national,
        order=snakemake.output.order,
        spread=snakemake.output.spread,
        types=snakemake.output.types,
        peak_years=snakemake.output.peak_years,
        bands=snakemake.output.bands,
    )
