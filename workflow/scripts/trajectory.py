"""One scenario to the horizon; the work is in scenair.projection.io.build_trajectory."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name=f"trajectory {snakemake.wildcards.scenario}"):
    from scenair.projection.io import ScenarioInputs, build_trajectory

    build_trajectory(
        name=snakemake.wildcards.scenario,
        inputs=ScenarioInputs.of_rule(snakemake.input, snakemake.params),
        trajectory=snakemake.output.trajectory,
        closure=snakemake.output.closure,
        plants=snakemake.output.plants,
        measures=snakemake.output.measures,
        selection=snakemake.output.selection,
    )
