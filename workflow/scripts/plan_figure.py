"""Cost curve of a city plan; the work is in scenair.figures.io_plans.draw_plan."""

from scenair.core.audit.session import job

with job(
    snakemake.log[0], name=f"plan figure {snakemake.wildcards.year} {snakemake.wildcards.scenario}"
):
    from scenair.figures.io_plans import draw_plan

    draw_plan(
        year=int(snakemake.wildcards.year),
        title=snakemake.params.title,
        config=snakemake.params.config,
        curve=snakemake.input.curve,
        receptors=snakemake.input.receptors,
        png=snakemake.output.png,
        svg=snakemake.output.svg,
    )
