"""Figures of the surrogate: scenair.figures.io_surrogate.draw_surrogate."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name="figures of the surrogate"):
    from scenair.figures.io_surrogate import draw_surrogate

    draw_surrogate(
        year=snakemake.params.year,
        config=snakemake.params.config,
        **{
            key: snakemake.input[key] for key in ("annual", "responsibility", "pairs", "evaluation")
        },
        figures={
            stem: (png, svg)
            for stem, png, svg in zip(
                snakemake.params.stems, snakemake.output.png, snakemake.output.svg, strict=True
            )
        },
    )
