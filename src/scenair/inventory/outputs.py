"""The tables and the dataset that the stage hands on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from scenair.core.audit.closure import closure_table
from scenair.core.errors import InputError, MassBalanceError
from scenair.core.species import SPECIES
from scenair.inventory.cells import largest_cell
from scenair.inventory.estimate import Estimate, emission_of, point_emissions
from scenair.inventory.sources import SOURCES

if TYPE_CHECKING:
    from collections.abc import Sequence

STACK: Final = (
    "stack_height_m",
    "stack_diameter_m",
    "stack_temperature_k",
    "stack_velocity_m_s",
)

ATTRS: Final[dict[str, Any]] = {
    "institution_note": "built from published totals and open data; see resource_tables",
    "synthetic": "no",
    "note": (
        "National sums are published (Zheng et al. 2018); provincial shares are those of REASv3.2 "
        "and of plant trackers; the spread over cities follows the censuses of 2010 and 2020. The "
        "national fuel and product balance, most removals and the drivers' weights are assumed."
    ),
}


def dataset(result: Estimate, *, cities: Sequence[int]) -> xr.Dataset:
    """The inventory of the case's cities with everything that recomputes its emission."""
    keep = {"city": np.asarray(cities, dtype=np.int32)}
    place = xr.DataArray(
        result.province, dims="city", coords={"city": result.activity["city"].values}
    )
    ds = xr.Dataset(
        {
            "emission": result.emission.sel(keep),
            "activity": result.activity.sel(keep),
            "emission_factor": result.factors.sel(keep)
            if "city" in result.factors.dims
            else result.factors,
            "removal": result.removed,
            "closing_factor": result.factor.transpose("province", "sector", "species"),
            "province_of_city": place.sel(keep).astype(np.int32),
            "unit": ("source", list(SOURCES.values())),
        }
    )
    described = {
        "emission": ("Mg yr-1", "annual emission; NOx as NO2, OC as C"),
        "activity": ("see unit(source)", "annual use of fuel or product"),
        "emission_factor": ("Mg per unit(source)", "factor before removal"),
        "removal": ("1", "share removed by controls"),
        "closing_factor": ("1", "target over bottom-up emission; 1 where nothing is emitted"),
        "province_of_city": ("1", "adcode of the province"),
        "unit": ("1", "unit of the activity of a source"),
    }
    for name, (units, text) in described.items():
        ds[name].attrs = {"units": units, "long_name": text}
    ds["emission"].attrs["formula"] = (
        "sum over source of activity * emission_factor * (1 - removal), times closing_factor of "
        "the city's province"
    )
    ds["city"].attrs = {"long_name": "adcode (GB/T 2260)"}
    ds["province"].attrs = {"long_name": "adcode of the province"}
    return ds


def recomputed(ds: xr.Dataset) -> xr.DataArray:
    """Emission from the file's own activity, factors, removal and closing factors, Mg yr-1."""
    return emission_of(
        ds["activity"],
        ds["emission_factor"],
        ds["removal"],
        ds["closing_factor"],
        ds["province_of_city"].values,
    )


def closure(ds: xr.Dataset, result: Estimate, *, cities: Sequence[int]) -> pd.DataFrame:
    """Closure of a written inventory against the national targets.

    ``mass_out`` is recomputed from the activity of the file; ``outside`` is the emission of the
    cities that the case leaves out.
    """
    others = ~np.isin(result.emission["city"].values, np.asarray(cities))
    return closure_table(
        stage="inventory",
        mass_in=result.targets,
        mass_out=recomputed(ds).sum("city"),
        outside=result.emission.isel(city=others).sum("city"),
    )


def require_recomputable(ds: xr.Dataset, *, where: str, tolerance: float = 1e-9) -> None:
    """Stop where the emission of a file is not what its own activity gives.

    Raises
    ------
    MassBalanceError
    """
    again = recomputed(ds)
    error = abs(ds["emission"] - again) / again.where(again > 0, 1.0)
    if not bool((error <= tolerance).all()):
        cell, worst = largest_cell(error)
        raise MassBalanceError(
            "emission is not activity x factor x (1 - removal) x closing factor",
            where=f"{where}, {cell}",
            value=f"relative error {worst:.2e}",
            allowed=f"up to {tolerance:g}",
            remedy="the file was changed after it was written: delete it and run again",
        )


def points_table(result: Estimate, stacks: pd.DataFrame, *, cities: Sequence[int]) -> pd.DataFrame:
    """Plants of the year in the case's cities, one row a cluster.

    Raises
    ------
    InputError
        A size class without stack parameters.
    """
    fleet = result.plants
    shape = stacks.pivot_table(
        index=["sector", "size_class"], columns="parameter", values="value", aggfunc="first"
    )
    keys = pd.MultiIndex.from_frame(fleet[["sector", "size_class"]])
    if not keys.isin(shape.index).all():
        raise InputError(
            "a size class without stack parameters",
            where="resources/inventory/stacks.csv",
            value=str(keys[~keys.isin(shape.index)][0]),
        )
    table = pd.DataFrame(
        {
            "id": fleet["sector"] + "-" + fleet["adcode"].astype(str) + "-" + _key(fleet),
            "lon": fleet["lon"],
            "lat": fleet["lat"],
            "adcode": fleet["adcode"].astype(np.int32),
            "sector": fleet["sector"],
            "technology": fleet["technology"],
            "size_class": fleet["size_class"],
            "capacity": fleet["value"].astype(np.float64),
            "capacity_unit": fleet["unit"],
            "start_year": fleet["start_year"].astype(np.int32),
            "retired_year": fleet["retired_year"].astype("Int32"),
        }
    )
    table = table.join(shape.reindex(keys).reset_index(drop=True)[list(STACK)].astype(np.float64))
    table = table.join(point_emissions(result)[list(SPECIES)])
    # what the trackers did not say and the table of plants filled, in words
    table["imputed"] = fleet["note"].where(fleet["tag"] == "assumed", "").fillna("")
    table = table[table["adcode"].isin(cities)]
    return table.sort_values(["sector", "adcode", "id"], ignore_index=True)


def _key(fleet: pd.DataFrame) -> pd.Series:
    """Place, technology, size and vintage as text: stable over the years of the inventory."""
    retired = fleet["retired_year"].map(lambda year: "" if pd.isna(year) else str(int(year)))
    return (
        fleet["lon"].map("{:.2f}".format)
        + "E"
        + fleet["lat"].map("{:.2f}".format)
        + "N-"
        + fleet["technology"]
        + fleet["size_class"]
        + "-"
        + fleet["start_year"].astype(int).astype(str)
        + "-"
        + retired
    )


def require_points_inside(points: pd.DataFrame, ds: xr.Dataset, *, where: str) -> None:
    """Stop where plants emit more than their city and sector does.

    Raises
    ------
    MassBalanceError
    """
    for sector, rows in points.groupby("sector"):
        sums = rows.groupby("adcode")[list(SPECIES)].sum()
        whole = ds["emission"].sel(city=sums.index.to_numpy(), sector=sector, species=list(SPECIES))
        excess = sums.to_numpy() - whole.transpose("city", "species").values
        limit = 1e-9 * np.maximum(whole.transpose("city", "species").values, 1.0)
        if (excess > limit).any():
            i, j = np.unravel_index(int(np.argmax(excess - limit)), excess.shape)
            raise MassBalanceError(
                "plants emit more than their city",
                where=f"{where}, {sector}, city {sums.index.to_list()[int(i)]}, {SPECIES[j]}",
                value=f"{excess[i, j]:g} Mg yr-1 too much",
            )
