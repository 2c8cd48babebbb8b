"""The history as a trajectory; the work is in scenair.projection.io.build_history_trajectory."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name="trajectory history"):
    from scenair.projection.io import build_history_trajectory

    build_history_trajectory(
        config=snakemake.params.config,
        inventories=list(snakemake.input.inventories),
        city_types=snakemake.input.types,
        trajectory=snakemake.output.trajectory,
        closure=snakemake.output.closure,
    )
