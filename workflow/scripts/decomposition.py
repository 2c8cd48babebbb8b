"""Who did what in a scenario; the work is in scenair.projection.io.build_decomposition."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name=f"decomposition {snakemake.wildcards.scenario}"):
    from scenair.projection.io import build_decomposition

    build_decomposition(
        scenario=snakemake.params.plan,
        config=snakemake.params.config,
        inventories=list(snakemake.input.inventories),
        points=snakemake.input.points,
        city_types=snakemake.input.types,
        user_measures=list(snakemake.input.user_measures),
        potentials=next(iter(snakemake.input.potentials), None),
        responsibility=next(iter(snakemake.input.responsibility), None),
        iamc=next(iter(snakemake.input.iamc), None),
        contributions=snakemake.output.contributions,
        shapley=snakemake.output.shapley,
        sectors=snakemake.output.sectors,
        cities=snakemake.output.cities,
    )
