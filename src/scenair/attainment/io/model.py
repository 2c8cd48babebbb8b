"""Reading the model side: annual air quality and trajectories, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from scenair.attainment.assess import ModelRun
from scenair.attainment.species import PARTS
from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_netcdf, require_finite
from scenair.core.io.reading import reader
from scenair.core.units import require_units

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import xarray as xr

    from scenair.core.grids import Grid

#: Sum of parts against PM25 and year against quarters (float32; leap years shift a quarter).
_SUM_TOLERANCE: Final = 1e-4
_YEAR_TOLERANCE: Final = 1e-2
_NONLEAP_DAYS: Final = np.array([90.0, 91.0, 92.0, 92.0])
#: Fields (y, x) whose relative change is ozone's response in the warm season, first found first:
#: MDA8 read back from CMAQ, daytime ozone of the surrogate.
O3_FIELDS: Final = {
    "O3_MDA8_warm": "warm-season mean of MDA8 (CMAQ)",
    "O3_WARM": "warm-season ozone by day (surrogate)",
}
#: Annual fields (y, x) whose relative change is the response of another pollutant, first found
#: first, with what a reader of the response must know.
GAS_FIELDS: Final[dict[str, dict[str, str]]] = {
    "so2": {"SO2_annual": "SO2"},
    "no2": {
        "NO2_annual": "NO2",
        # NO2 over NOx rises where NOx fall and ozone is left: NO2 falls less than this says
        "NOx_annual": "NO2 taken to respond as NOx, an approximation",
    },
    "co": {"CO_annual": "CO"},
}
#: Share of radicals lost with nitrogen oxides: above 0.5 limited by VOC (Kleinman 2005).
O3_REGIME: Final = "O3_REGIME_WARM"


@reader
def read_air_quality(path: str | Path, *, grid: Grid) -> tuple[ModelRun, xr.Dataset]:
    """Quarterly PM2.5 and background of one run.

    Returns
    -------
    ModelRun
    Dataset
        The whole file, for its attributes and further fields.

    Raises
    ------
    InputError
        Another grid; values not finite or negative; parts that do not sum to PM2.5; a year that is
        not the mean of its quarters.
    UnitsError
        Another unit than ug m-3.
    """
    needed = dict.fromkeys(("PM25", *PARTS, "PM25_annual"), "ug m-3")
    ds = open_netcdf(path, variables=needed)
    require_grid(ds, grid, where=str(path))
    for name in needed:
        dims = ("y", "x") if name.endswith("_annual") else ("quarter", "y", "x")
        if ds[name].dims != dims or (len(dims) == 3 and ds.sizes["quarter"] != 4):
            raise InputError(
                "unexpected dimensions",
                where=f"{path}, variable {name}",
                value=dict(zip(ds[name].dims, ds[name].shape, strict=True)),
                allowed=", ".join(dims) + " with four quarters",
            )
        require_finite(ds[name], where=str(path), minimum=None if name == "OTHER" else -1e-6)
    total = np.stack([ds[name].values for name in PARTS]).sum(axis=0, dtype=np.float64)
    _require_equal(total, ds["PM25"], _SUM_TOLERANCE, path, "the sum of its parts")
    pm25 = ds["PM25"].values.astype(np.float64)
    mean = np.average(pm25, axis=0, weights=_NONLEAP_DAYS)
    _require_equal(mean, ds["PM25_annual"], _YEAR_TOLERANCE, path, "the mean of its quarters")
    background = ds["BACKGROUND"].values.astype(np.float64)
    parts = {name: ds[name].values for name in PARTS}
    return ModelRun(pm25=pm25, background=background, parts=parts), ds


def require_grid(ds: xr.Dataset, grid: Grid, *, where: str) -> None:
    """Stop where x and y are not those of the case's grid."""
    for name, wanted in (("y", grid.y), ("x", grid.x)):
        found = ds[name].values if name in ds.coords else np.array([])
        if found.shape != wanted.shape or not np.allclose(found, wanted, atol=1.0):
            raise InputError(
                f"the file is on another grid ({name} differs)",
                where=where,
                value=f"{len(found)} values",
                allowed=f"{len(wanted)} values of the grid {grid.name}",
                remedy="run the stage before again for this case",
            )


def _require_equal(
    got: np.ndarray[Any, Any], var: xr.DataArray, tolerance: float, path: str | Path, what: str
) -> None:
    values = var.values.astype(np.float64)
    error = np.abs(got - values) / np.maximum(np.abs(values), 1e-2)
    if error.max() > tolerance:
        first = np.unravel_index(int(error.argmax()), error.shape)
        cell = ", ".join(f"{d}={int(i)}" for d, i in zip(var.dims, first, strict=True))
        raise InputError(
            f"{var.name} is not {what}",
            where=f"{path}, variable {var.name}, {cell}",
            value=f"{values[first]:.6g} against {got[first]:.6g}",
            allowed=f"equal within {tolerance:g} relative",
            remedy="the file was changed or damaged after it was written: delete it and run again",
        )


def decode_flags(var: xr.DataArray, *, where: str) -> list[str]:
    """Names of a CF flag variable (flag_values, flag_meanings), or of a variable of strings.

    Raises
    ------
    InputError
        A number without a meaning.
    """
    if var.dtype.kind in "UOS":
        return [str(v) for v in var.values]
    meanings = str(var.attrs.get("flag_meanings", "")).split()
    values = np.atleast_1d(var.attrs.get("flag_values", [])).tolist()
    names = dict(zip(values, meanings, strict=False))
    unknown = sorted(set(var.values.tolist()) - set(names))
    if unknown:
        raise InputError(
            "a flag without meaning",
            where=f"{where}, variable {var.name}",
            value=unknown[:3],
            allowed=str(names),
        )
    return [names[v] for v in var.values.tolist()]


def _require_peak(co2: xr.DataArray, stored: np.ndarray[Any, Any], *, where: str) -> None:
    years, values = co2["year"].values, co2.values
    # sums over sectors may differ in the last bits
    at_top = values >= values.max(axis=0) * (1 - 1e-9)
    last = years[len(years) - 1 - np.argmax(at_top[::-1], axis=0)]
    if (last != stored).any():
        i = int(np.argmax(last != stored))
        raise InputError(
            "the stored CO2 peak year is not the last maximum of the series",
            where=f"{where}, city {co2['city'].values[i]}",
            value=f"{stored[i]}, the series says {last[i]}",
            remedy="the file was changed after it was written: delete it and run again",
        )


@dataclass(frozen=True)
class CityPaths:
    """What a trajectory says of the cities.

    Attributes
    ----------
    table : DataFrame
        Index adcode; city_type, peak_year, peaked.
    co2 : DataFrame
        Year x adcode, Mg yr-1.
    """

    table: pd.DataFrame
    co2: pd.DataFrame

    def co2_ratio(self, *, year: int, base_year: int) -> pd.Series:
        """CO2 of a year over that of the base year, by adcode.

        Raises
        ------
        InputError
            A year that the trajectory lacks.
        """
        lacking = [y for y in (year, base_year) if y not in self.co2.index]
        if lacking:
            raise InputError(
                "the trajectory lacks a year",
                value=lacking[0],
                allowed=f"{self.co2.index.min()}-{self.co2.index.max()}",
            )
        now, then = self.co2.loc[year].to_numpy(), self.co2.loc[base_year].to_numpy()
        return pd.Series(now / then, index=self.co2.columns)


@reader
def read_city_paths(path: str | Path, *, adcodes: Sequence[int]) -> CityPaths:
    """City type, CO2 and its peak from a trajectory file.

    Raises
    ------
    InputError
        Missing variables, other cities, values out of range, or a stored peak year that is not
        the last year of the maximum of the file's own CO2 series.
    """
    ds = open_netcdf(path, variables=("emission", "city_type", "co2_peak_year", "peaked"))
    require_units(ds["emission"], "Mg yr-1", where=str(path))
    if ds["city"].values.tolist() != list(adcodes):
        raise InputError(
            "the cities are not those of the case",
            where=str(path),
            value=f"{ds.sizes['city']} cities",
            allowed=f"{len(adcodes)} cities in ascending adcode",
        )
    co2 = ds["emission"].sel(species="CO2").sum("sector", skipna=False).transpose("year", "city")
    require_finite(co2.rename("emission of CO2"), where=str(path))
    stored = ds["co2_peak_year"].values.astype(int)
    _require_peak(co2, stored, where=str(path))
    index = pd.Index(ds["city"].values, name="adcode")
    table = pd.DataFrame(
        {
            "city_type": decode_flags(ds["city_type"], where=str(path)),
            "peak_year": stored,
            "peaked": ds["peaked"].values.astype(int),
        },
        index=index,
    )
    return CityPaths(table, pd.DataFrame(co2.values, index=ds["year"].values, columns=index))
