"""Years of attainment of a scenario; the work is in scenair.figures.io_plans.draw_path."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name=f"path figure {snakemake.wildcards.scenario}"):
    from scenair.figures.io_plans import draw_path

    draw_path(
        scenario=snakemake.wildcards.scenario,
        title=snakemake.params.title,
        config=snakemake.params.config,
        path=snakemake.input.path,
        png=snakemake.output.png,
        svg=snakemake.output.svg,
    )
