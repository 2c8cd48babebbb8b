"""Files of the stage projection: one function a Snakemake rule."""

from scenair.projection.io.potentials import build_measure_potentials
from scenair.projection.io.rules import (
    build_city_emissions,
    build_city_types,
    build_history_trajectory,
    build_trajectory,
)

__all__ = [
    "build_city_emissions",
    "build_city_types",
    "build_history_trajectory",
    "build_measure_potentials",
    "build_trajectory",
]
