"""The history years side by side: what every analytic of the history reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import xarray as xr

from scenair.core.errors import MassBalanceError
from scenair.inventory.cells import largest_cell

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Emission by source sums to the emission of the cities to this relative error.
TOLERANCE: Final = 1e-9


@dataclass(frozen=True)
class Panel:
    """The history years side by side.

    Attributes
    ----------
    emission : DataArray
        (year, city, sector, species), Mg yr-1.
    activity : DataArray
        (year, city, sector, source).
    parts : DataArray
        Emission by (year, province, sector, source, species), Mg yr-1.
    removed : DataArray
        (year, sector, source, species), 0-1.
    province : array
        Province of each city.
    whole : tuple of int
        Provinces all of whose units are in the files.
    """

    emission: xr.DataArray
    activity: xr.DataArray
    parts: xr.DataArray
    removed: xr.DataArray
    province: np.ndarray[tuple[int], np.dtype[np.int32]]
    whole: tuple[int, ...]

    @property
    def years(self) -> list[int]:
        return [int(y) for y in self.emission["year"].values]

    def ends(self) -> tuple[int, int]:
        return self.years[0], self.years[-1]

    def provincial(self) -> xr.DataArray:
        """Emission by (year, province, species) of the whole provinces."""
        total = self.emission.sum("sector").assign_coords(province=("city", self.province))
        return total.groupby("province").sum("city").sel(province=list(self.whole))


def panel(files: Mapping[int, xr.Dataset], *, units_of: Mapping[int, int]) -> Panel:
    """Join inventory files.

    Parameters
    ----------
    files : mapping
        year -> dataset.
    units_of : mapping
        province -> number of units it has, to know which provinces are whole.
    """
    years = sorted(files)
    first = files[years[0]]
    province = first["province_of_city"].values.astype(np.int32)
    count = pd.Series(province).value_counts()
    whole = tuple(int(p) for p in sorted(count.index) if count[p] == units_of[int(p)])

    def stack(name: str) -> xr.DataArray:
        return xr.concat([files[y][name] for y in years], dim=pd.Index(years, name="year"))

    parts = [_parts(files[y], province) for y in years]
    return Panel(
        emission=stack("emission"),
        activity=stack("activity"),
        parts=xr.concat(parts, dim=pd.Index(years, name="year")),
        removed=stack("removal"),
        province=province,
        whole=whole,
    )


def _parts(ds: xr.Dataset, province: np.ndarray[tuple[int], np.dtype[np.int32]]) -> xr.DataArray:
    k = ds["closing_factor"].sel(province=ds["province_of_city"]).drop_vars("province")
    net = ds["emission_factor"] * (1 - ds["removal"])
    emission = (ds["activity"] * net * k).transpose("city", "sector", "source", "species")
    return emission.assign_coords(province=("city", province)).groupby("province").sum("city")


def dataset(data: Panel) -> xr.Dataset:
    """The panel as a file: emission, activity, parts, removal and which province is whole."""
    parts = data.parts
    whole = np.isin(parts["province"].values, data.whole).astype(np.int32)
    ds = xr.Dataset(
        {
            "emission": data.emission,
            "activity": data.activity,
            "parts": parts,
            "removal": data.removed,
            "province_of_city": ("city", data.province),
            "whole": ("province", whole),
        }
    )
    described = {
        "emission": ("Mg yr-1", "annual emission"),
        "activity": ("see inventory", "annual use of fuel or product"),
        "parts": ("Mg yr-1", "emission by source, summed over the cities of a province"),
        "removal": ("1", "share removed by controls"),
        "province_of_city": ("1", "adcode of the province"),
        "whole": ("1", "1 where all units of the province are in the file"),
    }
    for name, (units, text) in described.items():
        ds[name].attrs = {"units": units, "long_name": text}
    return ds


def from_dataset(ds: xr.Dataset, *, where: str) -> Panel:
    """The panel of a file, its parts checked against its emission.

    Raises
    ------
    MassBalanceError
        Parts that do not sum to the emission of the cities of a province within 1e-9.
    """
    province = ds["province_of_city"].values.astype(np.int32)
    by_province = ds["emission"].assign_coords(province=("city", province))
    by_province = by_province.groupby("province").sum("city")
    parts = ds["parts"].sum("source").transpose(*by_province.dims)
    error = abs(parts - by_province) / by_province.where(by_province > 0, 1.0)
    if not bool((error <= TOLERANCE).all()):
        cell, worst = largest_cell(error)
        raise MassBalanceError(
            "the parts of a panel do not sum to its emission",
            where=f"{where}, {cell}",
            value=f"relative error {worst:.3g}",
            allowed=f"up to {TOLERANCE:g}",
            remedy="the file was changed after it was written: delete it and run again",
        )
    return Panel(
        emission=ds["emission"],
        activity=ds["activity"],
        parts=ds["parts"],
        removed=ds["removal"],
        province=province,
        whole=tuple(int(p) for p in ds["province"].values[ds["whole"].values == 1]),
    )
