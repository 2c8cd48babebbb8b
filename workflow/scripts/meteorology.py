"""Meteorology of the case; the work is in scenair.surrogate.io.fields.build_meteorology."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name="meteorology"):
    from scenair.surrogate.io.fields import build_meteorology

    build_meteorology(
        config=snakemake.params.config,
        winds=snakemake.input.winds,
        relief=snakemake.input.relief,
        rain=snakemake.input.rain,
        upper=snakemake.input.upper,
        meteorology=snakemake.output.meteorology,
    )
    if snakemake.input.parent:
        from scenair.surrogate.io.nest import match_winds

        match_winds(
            snakemake.output.meteorology,
            winds=snakemake.input.winds,
            parent=snakemake.input.parent[0],
            config=snakemake.params.config,
        )
