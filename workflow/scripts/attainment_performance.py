"""The raw model against monitors; the work is in scenair.attainment.io.raw_model."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name="performance"):
    from scenair.attainment.io.raw_model import build_performance

    build_performance(
        config=snakemake.params.config,
        air_quality=snakemake.input.air_quality,
        monitors=snakemake.input.monitors,
        out=snakemake.output.performance,
        soccer_plot=snakemake.output.soccer,
        taylor_plot=snakemake.output.taylor,
    )
