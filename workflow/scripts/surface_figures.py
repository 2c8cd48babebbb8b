"""Figures of a response surface: scenair.figures.io_surrogate.draw_surface."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name="figures of the response surface"):
    from scenair.figures.io_surrogate import draw_surface

    draw_surface(
        config=snakemake.params.config,
        **{key: snakemake.input[key] for key in ("surface", "errors", "places", "isopleths")},
        figures={
            stem: (png, svg)
            for stem, png, svg in zip(
                snakemake.params.stems, snakemake.output.png, snakemake.output.svg, strict=True
            )
        },
    )
