"""A scenario as DESID namelist and masks; the work is in scenair.cmaq.io.build_desid."""

from scenair.core.audit.session import job

with job(
    snakemake.log[0],
    name=f"desid {snakemake.wildcards.year} {snakemake.wildcards.scenario}",
):
    from scenair.cmaq.io import build_desid

    build_desid(
        config=snakemake.params.config,
        cities=snakemake.input.cities,
        base=snakemake.input.base,
        trajectories=snakemake.input.trajectories,
        folder=snakemake.output.desid,
    )
