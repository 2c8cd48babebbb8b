"""The design of a response surface: scenair.surrogate.io.surface.build_design."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name="design of the response surface"):
    from scenair.surrogate.io.surface import build_design

    build_design(
        config=snakemake.params.config,
        mechanism=snakemake.params.mechanism,
        design=snakemake.output.design,
        rules=list(snakemake.output.rules),
    )
