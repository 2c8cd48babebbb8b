"""Spatial operator of the case; the work is in scenair.gridding.io.build_spatial."""

from scenair.core.audit.session import job

with job(snakemake.log[0], name="spatial"):
    from scenair.gridding.io import build_spatial

    build_spatial(config=snakemake.params.config, spatial=snakemake.output.spatial)
