"""Years of attainment of a scenario; the work is in scenair.attainment.io.paths."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name=f"attainment_path {snakemake.wildcards.scenario}"):
    from scenair.attainment.io.paths import build_attainment_path

    build_attainment_path(
        config=snakemake.params.config,
        years=dict(
            zip(
                snakemake.params.config["attainment"]["path_years"],
                snakemake.input.fused,
                strict=True,
            )
        ),
        trajectory=snakemake.input.trajectory,
        out=snakemake.output.path,
    )
