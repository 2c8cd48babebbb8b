"""Drivers of one scenario; the work is in scenair.figures.io_measures.draw_drivers."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name=f"drivers {snakemake.wildcards.scenario}"):
    from scenair.figures.io_measures import draw_drivers

    draw_drivers(
        title=snakemake.params.title,
        config=snakemake.params.config,
        contributions=snakemake.input.contributions,
        shapley=snakemake.input.shapley,
        sectors=snakemake.input.sectors,
        png=snakemake.output.png,
        svg=snakemake.output.svg,
    )
