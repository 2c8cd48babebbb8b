"""Uncontrolled background of the case: scenair.surrogate.io.fields.build_background."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name="background"):
    from scenair.surrogate.io.fields import build_background

    build_background(
        config=snakemake.params.config,
        background=snakemake.output.background,
    )
