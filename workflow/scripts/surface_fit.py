"""The fit of a response surface: scenair.surrogate.io.surface.build_surface."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name="fit of the response surface"):
    from scenair.surrogate.io.surface import build_surface

    build_surface(
        config=snakemake.params.config,
        **{key: snakemake.input[key] for key in ("design", "runs")},
        **{key: snakemake.output[key] for key in ("surface", "errors", "places", "isopleths")},
    )
