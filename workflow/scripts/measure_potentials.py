"""Measures alone; the work is in scenair.projection.io.build_measure_potentials."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name="measure potentials"):
    from scenair.projection.io import build_measure_potentials

    build_measure_potentials(
        config=snakemake.params.config,
        inventories=list(snakemake.input.inventories),
        points=snakemake.input.points,
        city_types=snakemake.input.types,
        user_measures=list(snakemake.input.user_measures),
        potentials=snakemake.output.potentials,
        table=snakemake.output.table,
        scores=snakemake.output.scores,
        type_table=snakemake.output.type_table,
        sectors=snakemake.output.sectors,
    )
