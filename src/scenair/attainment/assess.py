"""From two model runs and the monitors to values at sites, on the grid and in the cities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from scenair.attainment.fusion import Method, Skill, bounded_ratio, fuse, leave_one_out
from scenair.attainment.interpolation import fuse_by_interpolation, left_out_by_interpolation
from scenair.attainment.response import at_cells, response_factor
from scenair.attainment.species import composed_factor
from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    import scipy.sparse as sp

AnyMethod = Method | Literal["optimal_interpolation"]

#: Both runs must have the same background, relative.
_SAME_BACKGROUND = 1e-4


@dataclass(frozen=True)
class ModelRun:
    """Quarterly PM2.5 of a run.

    Attributes
    ----------
    pm25 : ndarray (quarter, y, x)
        ug m-3.
    background : ndarray (quarter, y, x)
        The part that the run does not control, ug m-3.
    parts : mapping, optional
        Part -> (quarter, y, x), ug m-3; needed where observed fractions are given.
    """

    pm25: npt.NDArray[np.float64]
    background: npt.NDArray[np.float64]
    parts: Mapping[str, npt.NDArray[np.float32]] | None = None

    @property
    def controlled(self) -> npt.NDArray[np.float64]:
        """PM2.5 less the background, ug m-3."""
        return self.pm25 - self.background


@dataclass(frozen=True)
class MonitorSet:
    """Monitors of the monitor year on the grid, with the weights of the fusion.

    Attributes
    ----------
    table : DataFrame
        One row a site, ascending adcode: adcode, name_zh, level, city, lon, lat, n_valid,
        value_raw (annual, as reported), cell (flat index).
    observed : ndarray (quarter, site)
        At ambient conditions, ug m-3.
    counts : ndarray (quarter, site)
        Daily values.
    cells : ndarray (cell,)
        Flat indices of the cells with area of the case's units.
    xy, cell_xy : ndarray (site, 2), (cell, 2)
        Places in the plane of the grid, m.
    weights : csr_matrix (cell, site)
    left_out : csr_matrix (site, site)
    nearest_km : ndarray (cell,)
    """

    table: pd.DataFrame
    observed: npt.NDArray[np.float64]
    counts: npt.NDArray[np.float64]
    cells: npt.NDArray[np.int64]
    xy: npt.NDArray[np.float64]
    cell_xy: npt.NDArray[np.float64]
    weights: sp.csr_matrix
    left_out: sp.csr_matrix
    nearest_km: npt.NDArray[np.float64]

    def annual(self, quarters: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Mean of the daily values from quarterly means at the sites."""
        return np.asarray((quarters * self.counts).sum(axis=0) / self.counts.sum(axis=0))


@dataclass(frozen=True)
class Estimate:
    """What one run gives relative to the base run.

    Attributes
    ----------
    site_future : ndarray (quarter, site)
        Future value at the sites, ug m-3.
    base_annual, future_annual : ndarray (site,)
        Annual means at the sites, ug m-3.
    site_background : ndarray (site,)
        Annual mean background at the sites, ug m-3.
    field_base, field_future, field_factor : ndarray (quarter, cell)
        Fused fields (ug m-3) and response factor (1) on ``MonitorSet.cells``.
    deviation : ndarray (quarter, cell) or None
        Relative standard error of the fused base field, where the method gives one.
    """

    site_future: npt.NDArray[np.float64]
    base_annual: npt.NDArray[np.float64]
    future_annual: npt.NDArray[np.float64]
    site_background: npt.NDArray[np.float64]
    field_base: npt.NDArray[np.float64]
    field_future: npt.NDArray[np.float64]
    field_factor: npt.NDArray[np.float64]
    deviation: npt.NDArray[np.float64] | None = None


def require_same_background(base: ModelRun, future: ModelRun) -> None:
    """Stop where the part that is not controlled differs between the runs.

    Raises
    ------
    InputError
        Other shapes, or backgrounds that differ by more than 1e-4 relative.
    """
    if base.pm25.shape != future.pm25.shape:
        raise InputError(
            "the two runs are on different grids",
            value=f"{base.pm25.shape} and {future.pm25.shape}",
        )
    difference = np.abs(future.background - base.background)
    worst = float((difference / np.maximum(base.background, 1e-3)).max())
    if worst > _SAME_BACKGROUND:
        raise InputError(
            "the uncontrolled background differs between scenario and base run",
            where="BACKGROUND of the two annual.nc",
            value=f"largest relative difference {worst:.3g}",
            allowed=f"up to {_SAME_BACKGROUND:g}",
            remedy="run both with the same meteorology and background",
        )


def estimate(
    base: ModelRun,
    future: ModelRun,
    monitors: MonitorSet,
    *,
    radius: int,
    method: AnyMethod = "log_ratio",
    bounds: tuple[float, float] = (0.1, 10.0),
    background_factor: float = 1.0,
    fractions: npt.NDArray[np.float64] | None = None,
) -> Estimate:
    """Monitor times response at the sites, fused fields elsewhere, all by quarter.

    Parameters
    ----------
    base, future : ModelRun
    monitors : MonitorSet
    radius : int
        Array rule, cells.
    method, bounds
        As :func:`scenair.attainment.fusion.fuse`.
    background_factor : float
        Factor on the background in numerator, denominator and in the model value of the fusion.
    fractions : ndarray (quarter, species, site), optional
        Observed composition at the sites (NaN where there is none).
    """
    factor, model_sites, background = _at_sites(
        base, future, monitors, radius=radius, scale=background_factor, fractions=fractions
    )
    flat = {
        "base": base.controlled.reshape(4, -1)[:, monitors.cells],
        "future": future.controlled.reshape(4, -1)[:, monitors.cells],
        "background": base.background.reshape(4, -1)[:, monitors.cells],
    }
    field_factor = response_factor(
        **flat, background_factor=background_factor, where="cells of the case"
    )
    model_cells = flat["base"] + background_factor * flat["background"]
    field_base, deviation = _fused(monitors, model_sites, model_cells, method, bounds)
    site_future = monitors.observed * factor
    return Estimate(
        site_future=site_future,
        base_annual=monitors.annual(monitors.observed),
        future_annual=monitors.annual(site_future),
        site_background=monitors.annual(background),
        field_base=field_base,
        field_future=field_base * field_factor,
        field_factor=field_factor,
        deviation=deviation,
    )


def _at_sites(
    base: ModelRun,
    future: ModelRun,
    monitors: MonitorSet,
    *,
    radius: int,
    scale: float,
    fractions: npt.NDArray[np.float64] | None,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Response factor, base model value and background (not scaled) at the sites, by quarter."""
    sites = monitors.table["cell"].to_numpy(np.int64)
    old, new, behind = (
        at_cells(field, sites, radius=radius)
        for field in (base.controlled, future.controlled, base.background)
    )
    factor = response_factor(old, new, behind, background_factor=scale, where="monitor cells")
    if fractions is not None:
        factor = composed_factor(
            factor, fractions, _parts_at(base, sites, radius), _parts_at(future, sites, radius)
        )
    return factor, old + scale * behind, behind


def _fused(
    monitors: MonitorSet,
    model_sites: npt.NDArray[np.float64],
    model_cells: npt.NDArray[np.float64],
    method: AnyMethod,
    bounds: tuple[float, float],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None]:
    """Fused base field by quarter, and its relative standard error where the method gives one."""
    if method == "optimal_interpolation":
        return fuse_by_interpolation(
            monitors.xy,
            monitors.cell_xy,
            monitors.observed,
            model_sites,
            model_cells,
            bounds=bounds,
        )
    field = fuse(
        monitors.weights, monitors.observed, model_sites, model_cells, method=method, bounds=bounds
    )
    return field, None


def _parts_at(
    run: ModelRun, sites: npt.NDArray[np.int64], radius: int
) -> dict[str, npt.NDArray[np.float64]]:
    if run.parts is None:
        raise InputError("observed fractions need the parts of the model's PM2.5")
    return {
        name: at_cells(field.astype(np.float64), sites, radius=radius)
        for name, field in run.parts.items()
    }


def fusion_skill(
    base: ModelRun,
    monitors: MonitorSet,
    *,
    radius: int,
    method: AnyMethod,
    bounds: tuple[float, float],
) -> tuple[dict[str, Skill], int]:
    """Leave-one-out skill for the annual mean, and how many quarterly ratios were bounded."""
    sites = monitors.table["cell"].to_numpy(np.int64)
    modelled = at_cells(base.pm25, sites, radius=radius)
    _, outside = bounded_ratio(monitors.observed, modelled, bounds)
    observed, model = monitors.annual(monitors.observed), monitors.annual(modelled)
    weighted: Method = "log_ratio" if method == "optimal_interpolation" else method
    skill = leave_one_out(monitors.left_out, observed, model, method=weighted, bounds=bounds)
    if method == "optimal_interpolation":
        estimated = left_out_by_interpolation(monitors.xy, observed, model, bounds=bounds)
        skill["fused"] = Skill.of(estimated, observed)
    return skill, outside


def site_table(monitors: MonitorSet, result: Estimate, *, year: int) -> pd.DataFrame:
    """Table ``sites.csv``: one row a monitor record.

    Parameters
    ----------
    year : int
        The monitor year (``base_year`` of the table).
    """
    t = monitors.table
    return pd.DataFrame(
        {
            "site": t["adcode"].astype(str).to_numpy(),
            "adcode": t["adcode"].to_numpy(),
            "level": t["level"].to_numpy(),
            "lon": t["lon"].to_numpy(),
            "lat": t["lat"].to_numpy(),
            "pollutant": "PM25",
            "base_year": year,
            "base_value_raw": t["value_raw"].to_numpy(),
            "base_value": result.base_annual,
            "n_valid": t["n_valid"].to_numpy(np.int64),
            "background": result.site_background,
            "response_factor": result.future_annual / result.base_annual,
            "future_value": result.future_annual,
        }
    )
