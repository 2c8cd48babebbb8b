"""Who did what in a scenario; the work is in scenair.projection.io.build_decomposition."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name=f"decomposition {snakemake.wildcards.scenario}"):
    from scenair.projection.io import ScenarioInputs, build_decomposition

    build_decomposition(
        inputs=ScenarioInputs.of_rule(snakemake.input, snakemake.params),
        contributions=snakemake.output.contributions,
        shapley=snakemake.output.shapley,
        sectors=snakemake.output.sectors,
        cities=snakemake.output.cities,
    )
