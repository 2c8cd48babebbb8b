"""What the cited tables of the stage hold once read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from scenair.projection.controls import Chain
    from scenair.projection.housing import Dwellings
    from scenair.projection.library import Parameter


@dataclass(frozen=True)
class Tables:
    """Everything of ``resources/projection`` that a projection needs.

    ``library`` measure -> parameters; ``raises`` declared raises (measure, sector, species);
    ``chains`` end-of-pipe chains; ``parameters`` scalars; ``elasticities`` (sector, source) ->
    driver -> 1; ``national`` set -> variable -> year -> value; ``electricity`` sector -> TWh;
    ``efficiency`` (sector, source) -> 1; ``default_factors`` (sector, source) -> species ->
    Mg TJ-1; ``vehicle_factors`` class -> species -> g km-1 by standard; ``vehicle_starts`` policy
    -> class -> standard -> year; ``dwellings`` floor by year of construction; ``heat_use``
    (sector, source or ``*``) -> share of the fuel that warms dwellings; ``oven_start``,
    ``oven_share`` coke ovens by year of construction; ``grid_regions`` province or city -> grid;
    ``grid_nonfossil`` grid -> TWh in the base year; ``provincial_electricity`` province -> share.
    """

    library: Mapping[str, tuple[Parameter, ...]]
    raises: pd.DataFrame
    names: pd.DataFrame
    chains: tuple[Chain, ...]
    parameters: Mapping[str, float]
    elasticities: Mapping[tuple[str, str], Mapping[str, float]]
    national: Mapping[str, Mapping[str, Mapping[int, float]]]
    electricity: dict[str, float]
    efficiency: Mapping[tuple[str, str], float]
    default_factors: Mapping[tuple[str, str], Mapping[str, float]]
    key_provinces: tuple[int, ...]
    vehicle_factors: Mapping[str, Mapping[str, npt.NDArray[np.float64]]]
    vehicle_starts: Mapping[str, Mapping[str, Mapping[str, int]]]
    dwellings: Dwellings
    heat_use: Mapping[tuple[str, str], float]
    oven_start: npt.NDArray[np.float64]
    oven_share: npt.NDArray[np.float64]
    grid_regions: Mapping[int, str]
    grid_nonfossil: Mapping[str, float]
    provincial_electricity: Mapping[int, float]
