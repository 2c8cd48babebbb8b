"""Uncontrolled background of the case: scenair.surrogate.io.fields and .nest."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name="background"):
    files = {"config": snakemake.params.config, "background": snakemake.output.background}
    if snakemake.input.parent:
        from scenair.surrogate.io.nest import build_nest_background

        build_nest_background(parent=snakemake.input.parent[0], **files)
    else:
        from scenair.surrogate.io.fields import build_background

        build_background(**files)
