"""The trajectory file: years of history as they are, then the projection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from scenair.core.sectors import SECTORS
from scenair.core.species import SPECIES
from scenair.projection.peaks import peak_years
from scenair.projection.typology import TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from scenair.projection.setup import Projection
    from scenair.projection.state import State

    Array = npt.NDArray[np.float64]


def _dense(state: State, values: Array, sources: Sequence[str], *, fill: float) -> Array:
    """Pairs to (…, sector, source), last axis of ``values`` is the pair."""
    out = np.full((*values.shape[:-1], len(SECTORS), len(sources)), fill)
    index = {f: i for i, f in enumerate(sources)}
    for i, (sector, source) in enumerate(state.pairs):
        out[..., SECTORS.index(sector), index[source]] = values[..., i]
    return out


def _history(states: Sequence[State], sources: Sequence[str]) -> tuple[Array, Array, Array]:
    activity = np.stack([_dense(s, s.activity, sources, fill=0.0) for s in states])
    net = np.stack(
        [np.moveaxis(_dense(s, np.moveaxis(s.net, 1, 2), sources, fill=0.0), 1, -1) for s in states]
    )
    emission = np.stack([s.emission for s in states])
    return activity, net, emission


def trajectory_dataset(
    states: Sequence[State],
    *,
    projection: Projection | None,
    city_type: npt.NDArray[np.int32],
    tolerance: float,
) -> xr.Dataset:
    """The dataset of the contract.

    Parameters
    ----------
    states : sequence of State
        History years in ascending order, all with the same regions and cities.
    projection : Projection, optional
        Without it the file holds the history alone.
    city_type : ndarray of int32, shape (city,)
    tolerance : float
        Of the peak criterion.
    """
    base = states[-1]
    sources = tuple(dict.fromkeys(f for s in states for f in s.sources))
    years = [s.year for s in states]
    activity, net, emission = _history(states, sources)
    if projection is not None:
        years += list(projection.years[1:])
        later = _future(base, projection, sources)
        activity, net, emission = (
            np.concatenate([before, after])
            for before, after in zip((activity, net, emission), later, strict=True)
        )
    for r in range(net.shape[1]):
        # a factor that nothing uses says nothing, and its damage would not show
        net[:, r] *= np.any(activity[:, base.region == r] != 0, axis=1)[..., None]
    ds = xr.Dataset(
        {
            "emission": (
                ("year", "city", "sector", "species"),
                emission,
                {
                    "units": "Mg yr-1",
                    "long_name": "annual emission; NOx as NO2, OC as C",
                    "formula": "sum over source of activity(year, city, sector, source) x "
                    "net_factor(year, control_region(city), sector, source, species)",
                },
            ),
            "activity": (
                ("year", "city", "sector", "source"),
                activity,
                {"units": "see unit(source)", "long_name": "annual use of fuel or product"},
            ),
            "net_factor": (
                ("year", "region", "sector", "source", "species"),
                net,
                {
                    "units": "Mg per unit(source)",
                    "long_name": "closing factor x emission factor x (1 - removal)",
                },
            ),
            "unit": (
                ("source",),
                [base.units.get(f, "TJ") for f in sources],
                {"units": "1", "long_name": "unit of the activity of a source"},
            ),
        },
        coords={
            "year": np.asarray(years, dtype=np.int32),
            "city": base.cities,
            "sector": list(SECTORS),
            "species": list(SPECIES),
            "source": list(sources),
        },
    )
    _add_cities(ds, base, city_type=city_type, tolerance=tolerance)
    if projection is not None:
        _add_balance(ds, projection, years)
    return ds


def _future(
    base: State, projection: Projection, sources: Sequence[str]
) -> tuple[Array, Array, Array]:
    """Activity, net factors and emission of the years after the base year."""
    net = np.moveaxis(projection.net[1:], 2, 3)
    return (
        _dense(base, projection.activity[1:], sources, fill=0.0),
        np.moveaxis(_dense(base, net, sources, fill=0.0), 2, -1),
        projection.emission[1:],
    )


def _add_cities(
    ds: xr.Dataset, base: State, *, city_type: npt.NDArray[np.int32], tolerance: float
) -> None:
    """Region, province, type and CO2 peak of each city."""
    co2 = ds["emission"].sel(species="CO2").sum("sector").transpose("year", "city").values
    year, peaked = peak_years(co2, ds["year"].values.tolist(), tolerance=tolerance)
    known: dict[str, tuple[npt.NDArray[np.int32], dict[str, object]]] = {
        "control_region": (base.region, {"long_name": "region of the net factors of each city"}),
        "province_of_city": (base.province, {"long_name": "adcode of the province"}),
        "city_type": (
            city_type,
            {
                "long_name": "city type",
                "flag_values": np.arange(len(TYPES), dtype=np.int32),
                "flag_meanings": " ".join(TYPES),
            },
        ),
        "co2_peak_year": (year, {"long_name": "last year of the maximum of direct CO2"}),
        "peaked": (
            peaked.astype(np.int32),
            {
                "long_name": "whether direct CO2 has peaked before the last year",
                "flag_values": np.array([0, 1], dtype=np.int32),
                "flag_meanings": "not_peaked peaked",
            },
        ),
    }
    for name, (values, attrs) in known.items():
        ds[name] = (("city",), values, {"units": "1", **attrs})


def _add_balance(ds: xr.Dataset, projection: Projection, years: Sequence[int]) -> None:
    """Electricity by city and grid from the base year on, NaN before."""
    from scenair.projection.supply import TECHNOLOGIES

    balance, n_before = projection.balance, len(years) - len(projection.years)

    def padded(values: Array) -> Array:
        return np.concatenate([np.full((n_before, *values.shape[1:]), np.nan), values])

    ds["electricity_demand"] = (
        ("year", "city", "sector"),
        padded(balance.demand),
        {"units": "TWh yr-1", "long_name": "electricity consumption"},
    )
    ds["generation"] = (
        ("year", "technology"),
        padded(balance.generation),
        {
            "units": "TWh yr-1",
            "long_name": "generation; its sum times (1 - loss) is the demand",
            "loss": balance.loss,
        },
    )
    ds["grid_generation"] = (
        ("year", "grid", "technology"),
        padded(balance.regional),
        {"units": "TWh yr-1", "long_name": "generation of the regional grids"},
    )
    ds["grid_export"] = (
        ("year", "grid"),
        padded(balance.export),
        {
            "units": "TWh yr-1",
            "long_name": "what a grid sends to the others; in each grid generation less export, "
            "times (1 - loss), is the demand of its cities",
        },
    )
    ds["grid_of_city"] = (
        ("city",),
        projection.grids.region.astype(np.int32),
        {"units": "1", "long_name": "index of the regional grid of each city"},
    )
    ds.coords["technology"] = list(TECHNOLOGIES)
    ds.coords["grid"] = list(projection.grids.names)
