"""One scenario to the horizon; the work is in scenair.projection.io.build_trajectory."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name=f"trajectory {snakemake.wildcards.scenario}"):
    from scenair.projection.io import build_trajectory

    build_trajectory(
        name=snakemake.wildcards.scenario,
        scenario=snakemake.params.plan,
        config=snakemake.params.config,
        inventories=list(snakemake.input.inventories),
        points=snakemake.input.points,
        city_types=snakemake.input.types,
        user_measures=list(snakemake.input.user_measures),
        potentials=next(iter(snakemake.input.potentials), None),
        responsibility=next(iter(snakemake.input.responsibility), None),
        iamc=next(iter(snakemake.input.iamc), None),
        trajectory=snakemake.output.trajectory,
        closure=snakemake.output.closure,
        plants=snakemake.output.plants,
        measures=snakemake.output.measures,
    )
