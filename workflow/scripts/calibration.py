"""Calibration on the monitors: scenair.surrogate.io.calibration.build_calibration."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name="calibration of the surrogate"):
    from scenair.surrogate.io.calibration import build_calibration

    build_calibration(
        year=snakemake.params.year,
        config=snakemake.params.config,
        coarsening=snakemake.params.coarsening,
        monitors=snakemake.params.monitors,
        gridded=snakemake.input.gridded,
        meteorology=snakemake.input.meteorology,
        background=snakemake.input.background,
        annual=snakemake.input.annual,
        calibration=snakemake.output.calibration,
        evaluation=snakemake.output.evaluation,
        pairs=snakemake.output.pairs,
    )
