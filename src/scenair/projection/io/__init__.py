"""Files of the stage projection: one function a Snakemake rule."""

from scenair.projection.io.analysis import (
    build_comparison,
    build_decomposition,
    build_iamc_export,
)
from scenair.projection.io.inputs import ScenarioInputs
from scenair.projection.io.potentials import build_measure_potentials
from scenair.projection.io.rules import (
    build_city_emissions,
    build_city_types,
    build_history_trajectory,
    build_trajectory,
)

__all__ = [
    "ScenarioInputs",
    "build_city_emissions",
    "build_city_types",
    "build_comparison",
    "build_decomposition",
    "build_history_trajectory",
    "build_iamc_export",
    "build_measure_potentials",
    "build_trajectory",
]
