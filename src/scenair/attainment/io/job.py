"""What the tables of one scenario and year share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scenair.attainment.assess import Estimate, ModelRun, MonitorSet, estimate
from scenair.attainment.cities import Judgement
from scenair.attainment.io.csv import named_table
from scenair.attainment.probability import Uncertainty, spread_by_city
from scenair.attainment.response import array_radius
from scenair.attainment.species import observed_fractions
from scenair.attainment.standards import find_limit, profile_of_year
from scenair.core.errors import ConfigError
from scenair.core.io.tables import read_table
from scenair.core.periods import days_in_quarters

if TYPE_CHECKING:
    import numpy.typing as npt

    from scenair.attainment.places import Places
    from scenair.config.attainment import AttainmentConfig
    from scenair.config.case import CaseConfig
    from scenair.core.grids import Grid

HISTORY = "history"


@dataclass(frozen=True)
class Job:
    """One scenario and year to judge.

    Attributes
    ----------
    base, future : ModelRun
        History in the monitor year, and the run itself.
    source : str
        ``surrogate`` or ``cmaq``.
    """

    year: int
    scenario: str
    case: CaseConfig
    options: AttainmentConfig
    grid: Grid
    monitors: MonitorSet
    places: Places
    base: ModelRun
    future: ModelRun
    judgement: Judgement
    source: str

    def run(self, background_factor: float = 1.0) -> Estimate:
        """Monitor x response at a factor on the background."""
        return estimate(
            self.base,
            self.future,
            self.monitors,
            radius=self.radius,
            method=self.options.fusion,
            bounds=self.options.ratio_bounds,
            background_factor=background_factor,
            fractions=self.fractions,
        )

    @cached_property
    def fractions(self) -> npt.NDArray[np.float64] | None:
        """Observed composition at the sites, if the configuration names a table."""
        if self.options.species_fractions is None:
            return None
        table = read_table(named_table(self.options.species_fractions))
        return observed_fractions(table, self.monitors.table["adcode"].to_numpy(np.int32))

    @property
    def projected(self) -> bool:
        """Whether the run has a future (history has none)."""
        return self.scenario != HISTORY

    @property
    def radius(self) -> int:
        """Array rule, cells."""
        return array_radius(self.grid.cell_km, longest_km=self.options.array_km)

    @property
    def uncertainty(self) -> Uncertainty:
        """Declared one-sigma uncertainties."""
        return Uncertainty(
            response=self.options.sigma_response,
            meteorology=self.options.sigma_meteorology,
            monitor=self.options.sigma_monitor,
        )

    @cached_property
    def sigma_of_years(self) -> pd.Series:
        """Relative spread from year to year by adcode, from the years given; else empty."""
        if self.options.yearly_means is None:
            return pd.Series(dtype=float)
        return spread_by_city(read_table(named_table(self.options.yearly_means)))

    def uncertainty_of(self, cities: pd.Series) -> Uncertainty:
        """Uncertainty of each city (adcode): its own spread of years where it is known."""
        own = self.sigma_of_years.reindex(cities.to_numpy())
        spread = own.fillna(self.options.sigma_meteorology).to_numpy(np.float64)
        return replace(self.uncertainty, meteorology=spread)

    def annual(self, quarters: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Day-weighted annual mean of a fused field on the whole grid (flat, NaN elsewhere)."""
        days = days_in_quarters(self.case.monitor_year)
        return self.on_grid(np.average(quarters, axis=0, weights=days))

    def on_grid(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Values of the units' cells on the whole grid (flat, NaN elsewhere)."""
        out = np.full(self.grid.size, np.nan)
        out[self.monitors.cells] = values
        return out


def judge(options: AttainmentConfig, *, year: int) -> Judgement:
    """Limits that judge a year.

    Raises
    ------
    ConfigError
        A profile without an annual PM2.5 limit.
    """
    standards = read_table(named_table(options.standards))
    profile = profile_of_year(standards, year, standard=options.standard)
    pm25 = find_limit(standards, profile, "PM25", "annual", area_class=options.area_class)
    ozone = find_limit(standards, profile, "O3", "mda8", area_class=options.area_class)
    if pm25 is None:
        raise ConfigError(
            "this standard has no annual PM2.5 limit",
            where="key attainment.standard",
            value=profile,
        )
    in_ug = ozone is not None and ozone.unit == "ug m-3"
    return Judgement(
        profile=profile,
        pm25_limit=pm25.value,
        o3_limit=ozone.value if ozone is not None and in_ug else None,
    )
