"""The runs of a design, by the surrogate or from files: scenair.surrogate.io.surface."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name="runs of the response surface"):
    from scenair.surrogate.io.surface import build_runs, collect_runs

    common = {
        "year": snakemake.params.year,
        "config": snakemake.params.config,
        "design": snakemake.input.design,
        "gridded": snakemake.input.gridded,
        "runs": snakemake.output.runs,
    }
    files = list(snakemake.input.files)
    if files:
        collect_runs(**common, files=files)
    else:
        build_runs(
            **common,
            meteorology=snakemake.input.meteorology,
            background=snakemake.input.background,
            threads=snakemake.threads,
        )
