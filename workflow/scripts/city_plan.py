"""Measures that bring cities to their limit; the work is in scenair.planning.io.build_city_plan."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name=f"plan {snakemake.wildcards.year} {snakemake.wildcards.scenario}"):
    from scenair.planning.io import build_city_plan

    build_city_plan(
        year=int(snakemake.wildcards.year),
        config=snakemake.params.config,
        targets=snakemake.input.targets,
        responsibility=snakemake.input.responsibility,
        potentials=snakemake.input.potentials,
        emissions=snakemake.input.emissions,
        used=snakemake.input.used,
        double=snakemake.input.double,
        **snakemake.output,
    )
