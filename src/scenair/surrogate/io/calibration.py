"""Calibration on the monitors: what is free, what is fitted, what judges, what came out."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_netcdf
from scenair.core.io.tables import read_table, write_csv
from scenair.core.periods import QUARTERS
from scenair.core.units import FLUX
from scenair.surrogate.calibration import Estimate, calibrate
from scenair.surrogate.coarsen import block_sum, coarse_grid, coarse_meteorology
from scenair.surrogate.evaluation import ambient, skill
from scenair.surrogate.geometry import geometry
from scenair.surrogate.gridded import check_grid, release_of, species_by_sector
from scenair.surrogate.io.fields import read_config, read_meteorology, read_parameters
from scenair.surrogate.io.nest import require_own
from scenair.surrogate.model import run_quarter
from scenair.surrogate.products import surface_parts
from scenair.surrogate.quarter import prepare_quarter
from scenair.surrogate.sources import INPUT_SPECIES, tracer_emissions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import xarray as xr

    from scenair.core.grids import Grid
    from scenair.surrogate.parameters import Parameters

logger = logging.getLogger(__name__)
Array = npt.NDArray[np.float64]

#: Standard deviation of the logarithm of model less observation, representation included.
_ERROR = 0.4
#: Gauss-Newton steps at the most.
_STEPS = 4
#: A free parameter that acts on the meteorology file instead of the model.
_MIXING, _LEAST_MIXING = "vertical_mixing", "vertical_mixing_least"


@dataclass(frozen=True)
class Records:
    """Monitor records and what the model needs at their places.

    Attributes
    ----------
    frame : DataFrame
        Index adcode; ``region``, ``use`` (fit, judge).
    observed, background : (quarter, record)
        Ambient conditions, ug m-3.
    cell : (record,)
        On the grid of the calibration.
    """

    frame: pd.DataFrame
    observed: Array
    background: Array
    cell: npt.NDArray[np.int64]

    @property
    def fitted(self) -> npt.NDArray[np.bool_]:
        """Which records the fit may see."""
        return (self.frame["use"] == "fit").to_numpy()


@dataclass(frozen=True)
class Forward:
    """The surrogate at the monitors as a function of the free parameters."""

    met: xr.Dataset
    species: Mapping[str, Array]
    release: Array
    grid: Grid
    par: Parameters
    names: tuple[str, ...]
    records: Records

    def __call__(self, state: Array) -> Array:
        """Concentrations (quarter, record) for logarithms of the multipliers, ug m-3."""
        factor = dict(zip(self.names, np.exp(state).tolist(), strict=True))
        par, met = self.par.replace(**factor), self.met
        if _MIXING in factor:
            mixed = met["diffusivity_z"] * factor[_MIXING]
            met = met.assign(diffusivity_z=mixed.clip(min=par[_LEAST_MIXING]))
        tracers = tracer_emissions(self.species, par=par)
        geo, out = geometry(self.grid), []
        for q in range(4):
            emitted = {
                name: np.asarray(np.einsum("sl,syx->lyx", self.release, v[q], optimize=True))
                for name, v in tracers.items()
            }
            result = run_quarter(prepare_quarter(met, q, geo=geo, par=par), emitted)
            total = np.sum(list(surface_parts(result).values()), axis=0)
            out.append(total.ravel()[self.records.cell])
        return np.stack(out) + self.records.background


def build_calibration(
    *,
    year: int,
    config: Mapping[str, Any],
    coarsening: int,
    monitors: str,
    gridded: str | Path,
    meteorology: str | Path,
    background: str | Path,
    annual: str | Path,
    calibration: str | Path,
    evaluation: str | Path,
    pairs: str | Path,
) -> None:
    """Fit the free parameters on the named regions and judge on the others.

    Nothing is changed by it: the figures of ``surrogate/parameters.csv`` stay what they are until
    somebody changes them there.

    Parameters
    ----------
    year : int
        Year of the monitors.
    config : mapping
        Sections ``case`` and ``surrogate``.
    coarsening : int
        Cells of the case in one cell of the calibration, each way.
    monitors : str
        Table of monitors.
    gridded, meteorology, background : path
    annual : path
        The surrogate's own concentrations of that year, not anchored: the scatter is theirs.
    calibration : path
        Written: a row a parameter with prior, range, multiplier, spread, sensitivity, information,
        and whether it ended at a bound.
    evaluation : path
        Written: statistics before and after, of the fitted and the judging regions.
    pairs : path
        Written: observed and modelled quarters of every record, not anchored.

    Raises
    ------
    InputError
        A case for tests only: a fit would put its missing inflow into the parameters; a nest.
    """
    case, options = read_config(config)
    if case.tests_only:
        raise InputError(
            "a case for tests only can't be calibrated", where=f"case {case.name}",
            remedy="its inflow is clean; use a case that holds the sources around it",
        )  # fmt: skip
    words = "calibrate the parent: the parameters are of the model, not of a grid"
    require_own(case, options, what="calibration", remedy=words)
    par, fine = read_parameters(options.parameters), case.grid.build()
    met = read_meteorology(meteorology, grid=fine)
    grid = coarse_grid(fine, coarsening) if coarsening > 1 else fine
    coarse = coarse_meteorology(met, grid=fine, ratio=coarsening) if coarsening > 1 else met
    b = open_netcdf(background, variables={"BACKGROUND": "ug m-3"})["BACKGROUND"]
    field = block_sum(b.values.astype(float), coarsening) / coarsening**2
    records = read_records(monitors, met=coarse, background=field, grid=grid)
    free = free_parameters()
    with open_netcdf(gridded, variables=dict.fromkeys(INPUT_SPECIES, FLUX), chunks={}) as ds:
        check_grid(ds, fine, where=str(gridded))
        found = species_by_sector(ds, INPUT_SPECIES, year=year)
        release = release_of(ds)
    species = {name: block_sum(values, coarsening) for name, values in found.items()}
    names = tuple(map(str, free.index))
    forward = Forward(coarse, species, release, grid, par, names, records)
    seen = records.fitted
    got = calibrate(
        lambda state: forward(state)[:, seen].ravel(),
        records.observed[:, seen].ravel(),
        names=names, prior=free["spread"].to_numpy(), error=_ERROR, steps=_STEPS,
        bounds=(free["lowest"].to_numpy(), free["highest"].to_numpy()),
    )  # fmt: skip
    modelled = {
        "before": forward(np.zeros(len(names))),
        "after": forward(np.log(got.factor)),
    }
    shown = {"case_grid": on_case_grid(annual, records, grid=fine)} | modelled
    table = estimate_table(got, free)
    logger.info("free parameters after the fit\n%s", table.round(3).to_string(index=False))
    write_csv(table, calibration)
    write_csv(evaluation_table(records, shown), evaluation)
    write_csv(pair_table(records, shown), pairs)


def read_records(name: str, *, met: xr.Dataset, background: Array, grid: Grid) -> Records:
    """Quarterly means of the monitors at ambient conditions, with the set of their region.

    Raises
    ------
    InputError
        No record has all quarters and a place on the grid.
    """
    table = read_table(name, dtype={"adcode": "int64"})
    table = table[table["pollutant"] == "PM25"]
    mean = table[table["statistic"] == "mean"].pivot_table(
        index="adcode", columns="period", values="value"
    )
    place = table[table["statistic"].isin(["lon", "lat"])].pivot_table(
        index="adcode", columns="statistic", values="value"
    )
    frame = mean.join(place).dropna(subset=[*QUARTERS, "lon", "lat"])
    cell = grid.locate(frame["lon"].to_numpy(), frame["lat"].to_numpy())
    frame, cell = frame[cell >= 0], cell[cell >= 0]
    if frame.empty:
        raise InputError("no monitor record on the grid with all quarters", where=name)
    regions = read_table("surrogate/background_regions.csv").set_index("province")["value"]
    sets = read_table("surrogate/calibration_sets.csv")
    use = sets[sets["set_kind"] == "region_2015"].set_index("member")["value"]
    frame["region"] = (frame.index.to_series() // 10_000 * 10_000).map(regions)
    frame["use"] = frame["region"].map(use)
    observed = ambient(
        frame[list(QUARTERS)].to_numpy(dtype=float).T,
        temperature=met["temperature"].values.reshape(4, -1)[:, cell],
        pressure=met["pressure"].values.ravel()[cell],
    )
    return Records(frame, observed, background.reshape(4, -1)[:, cell], cell)


def on_case_grid(annual: str | Path, records: Records, *, grid: Grid) -> Array:
    """PM2.5 (quarter, record) of the surrogate's own file at the monitors, ug m-3.

    Raises
    ------
    InputError
        The file is anchored.
    """
    ds = open_netcdf(annual, variables={"PM25": "ug m-3"})
    check_grid(ds, grid, where=str(annual))
    if any(str(name).startswith("anchor_") for name in ds.data_vars):
        raise InputError(
            "an anchored file says nothing about the model", where=str(annual),
            remedy="leave surrogate.anchor empty for a calibration",
        )  # fmt: skip
    frame = records.frame
    cell = grid.locate(frame["lon"].to_numpy(), frame["lat"].to_numpy())
    values = ds["PM25"].transpose("quarter", "y", "x").values.reshape(4, -1)
    return np.asarray(values[:, cell], dtype=np.float64)


def free_parameters() -> pd.DataFrame:
    """The parameters that a fit may move: ``spread``, ``lowest``, ``highest`` by name.

    Raises
    ------
    InputError
        A parameter without one of the three, or a range that does not hold the value itself.
    """
    name = "surrogate/calibration_free.csv"
    table = read_table(name)
    wide = table.pivot_table(index="parameter", columns="quantity", values="value", sort=False)
    lacking = {"spread", "lowest", "highest"} - set(wide.columns)
    bad = pd.Series(bool(lacking), index=wide.index)
    if not lacking:
        wide = wide.astype(float)
        bad = ~((wide["lowest"] > 0) & (wide["lowest"] < 1) & (wide["highest"] > 1))
        bad |= ~(wide["spread"] > 0)
    if bad.any():
        raise InputError(
            "a free parameter needs a spread and a range around 1", where=name,
            value=str(bad.idxmax()), allowed="rows spread, lowest (0 to 1), highest (above 1)",
        )  # fmt: skip
    return wide


def estimate_table(got: Estimate, free: pd.DataFrame) -> pd.DataFrame:
    """A row a parameter."""
    return pd.DataFrame(
        {
            "parameter": got.names,
            "prior_spread": free["spread"].to_numpy(),
            "lowest": free["lowest"].to_numpy(),
            "highest": free["highest"].to_numpy(),
            "multiplier": got.factor,
            "at_bound": got.at_bound,
            "posterior_spread": got.spread,
            "sensitivity": got.sensitivity,
            "information": got.information,
        }
    )


def evaluation_table(records: Records, modelled: Mapping[str, Array]) -> pd.DataFrame:
    """Statistics of annual means and of quarters, before and after, by set."""
    rows = []
    for label, values in modelled.items():
        for use, part in (("fit", records.fitted), ("judge", ~records.fitted)):
            o, m = records.observed[:, part], values[:, part]
            for period, pair in (
                ("annual", (o.mean(axis=0), m.mean(axis=0))),
                ("quarters", (o.ravel(), m.ravel())),
            ):
                if pair[0].size > 2:
                    rows.append(
                        {"parameters": label, "set": use, "period": period} | skill(*pair)._asdict()
                    )
    return pd.DataFrame(rows)


def pair_table(records: Records, modelled: Mapping[str, Array]) -> pd.DataFrame:
    """Observed and modelled, a row a record and quarter."""
    n = len(records.frame)
    return pd.DataFrame(
        {
            "adcode": np.repeat(records.frame.index.to_numpy(), 4),
            "region": np.repeat(records.frame["region"].to_numpy(), 4),
            "set": np.repeat(records.frame["use"].to_numpy(), 4),
            "quarter": np.tile(QUARTERS, n),
            "observed": records.observed.T.ravel(),
            **{f"modelled_{label}": values.T.ravel() for label, values in modelled.items()},
        }
    )
