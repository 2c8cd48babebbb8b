"""The base state: one activity table with its net factors, as the inventory gives it.

E(c, j, s) = sum_f A(c, j, f) k(p, j, s) EF(j, f, s) (1 - removal(j, f, s)); the product
k EF (1 - removal) is the *net factor*. Cities that share all net factors and the policy of their
region form a *control region*; a file with factors by city gives every city its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import xarray as xr

from scenair.core.errors import InputError, MassBalanceError
from scenair.core.sectors import SECTORS
from scenair.core.species import SPECIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

#: Sources that measures may bring to a sector that has none of them yet.
CARRIERS: Final = (
    "coal",
    "coke",
    "oil",
    "gasoline",
    "diesel",
    "gas",
    "biomass",
    "electricity",
    "heat",
)
RECOMPUTE: Final = 1e-9


@dataclass(frozen=True)
class State:
    """Activity and net factors of one year.

    ``activity`` (city, pair) in the unit of its source, ``net`` (region, pair, species) in Mg per
    unit, ``emission`` (city, sector, species) in Mg yr-1; ``pairs`` are (sector, source) that
    occur or may occur; ``region`` is the control region of each city.
    """

    year: int
    cities: npt.NDArray[np.int32]
    province: npt.NDArray[np.int32]
    key_region: npt.NDArray[np.bool_]
    region: npt.NDArray[np.int32]
    sources: tuple[str, ...]
    units: Mapping[str, str]
    pairs: tuple[tuple[str, str], ...]
    activity: Array
    net: Array
    emission: Array

    @property
    def n_regions(self) -> int:
        """Number of control regions."""
        return int(self.net.shape[0])

    @cached_property
    def position(self) -> dict[tuple[str, str], int]:
        """Index of a pair."""
        return {pair: i for i, pair in enumerate(self.pairs)}

    def of_sector(self, sector: str) -> npt.NDArray[np.intp]:
        """Indices of the pairs of a sector."""
        return np.array([i for i, (j, _) in enumerate(self.pairs) if j == sector], dtype=np.intp)

    def is_energy(self, pair: int) -> bool:
        """Whether a pair is energy (TJ)."""
        return self.units[self.pairs[pair][1]] == "TJ"

    def size(self, sector: str) -> Array:
        """How much of a sector each city has: its CO2, all mass where it emits none (city,)."""
        emitted = self.emission[:, SECTORS.index(sector)]
        co2: Array = emitted[:, SPECIES.index("CO2")]
        mass: Array = emitted.sum(axis=1)
        return co2 if co2.sum() > 0 else mass

    def match(self, sector: str, tokens: Sequence[str]) -> npt.NDArray[np.intp]:
        """Pairs of a sector whose source one of ``tokens`` names; ``*`` is all of them."""
        return np.array(
            [i for i in self.of_sector(sector) if "*" in tokens or self.pairs[i][1] in tokens],
            dtype=np.intp,
        )


def net_factors(ds: xr.Dataset) -> xr.DataArray:
    """k EF (1 - removal) by city or province, (area, sector, source, species), Mg per unit.

    The leading dimension is ``city`` where factor or removal has it, else ``province``.
    """
    k = ds["closing_factor"]
    net = ds["emission_factor"] * (1.0 - ds["removal"])
    if "city" in net.dims:
        province = xr.DataArray(ds["province_of_city"].values, dims="city")
        k = k.sel(province=province).drop_vars("province").assign_coords(city=ds["city"])
        if "province" in net.dims:
            net = net.sel(province=province)
        net = net * k
        area = "city"
    else:
        net = net * k
        area = "province"
    return net.transpose(area, "sector", "source", "species")


def verify(ds: xr.Dataset, net: xr.DataArray, *, where: str) -> None:
    """Stop where the file's emission is not its activity times its factors.

    Raises
    ------
    MassBalanceError
        With the worst city, sector and species.
    """
    by_city = (
        net
        if "city" in net.dims
        else net.sel(province=xr.DataArray(ds["province_of_city"].values, dims="city"))
    )
    again = xr.dot(ds["activity"].fillna(0.0), by_city.fillna(0.0), dim="source")
    again = again.transpose("city", "sector", "species").values
    stated = ds["emission"].transpose("city", "sector", "species").values
    scale = np.maximum(np.abs(stated), np.abs(stated).sum(axis=0, keepdims=True) * 1e-9) + 1e-12
    error = np.abs(again - stated) / scale
    if not (error <= RECOMPUTE * 100).all():
        c, j, s = np.unravel_index(
            np.nanargmax(np.where(np.isfinite(error), error, np.inf)), error.shape
        )
        raise MassBalanceError(
            "the emission of the file is not its activity times its factors",
            where=(
                f"{where}, city {int(ds['city'].values[c])}, {ds['sector'].values[j]}, "
                f"{ds['species'].values[s]}"
            ),
            value=f"emission {stated[c, j, s]:.9g}, recomputed {again[c, j, s]:.9g} Mg yr-1",
            allowed="relative difference up to 1e-7",
            remedy="the file was changed or damaged after it was written: delete it and run again",
        )


def build_state(
    ds: xr.Dataset,
    *,
    year: int,
    where: str,
    key_provinces: Sequence[int],
    default_factors: Mapping[tuple[str, str], Mapping[str, float]],
) -> State:
    """The state of one inventory file, checked.

    Parameters
    ----------
    ds : Dataset
        ``emission``, ``activity``, ``unit``, ``emission_factor``, ``removal``, ``closing_factor``,
        ``province_of_city`` as the inventory writes them.
    key_provinces : sequence of int
        Provinces of the key regions.
    default_factors : mapping
        (sector, source) -> species -> Mg TJ-1, for a fuel that a sector does not burn yet.

    Raises
    ------
    InputError, MassBalanceError
        Missing coordinates, unknown sectors, emission that can't be recomputed.
    """
    for name, known in (("sector", SECTORS), ("species", SPECIES)):
        found = [str(v) for v in ds[name].values]
        if found != list(known):
            raise InputError(
                f"unexpected coordinate {name}", where=where, value=found, allowed=", ".join(known)
            )
    net = net_factors(ds).fillna(0.0)
    verify(ds, net, where=where)
    units = {str(f): str(u) for f, u in zip(ds["source"].values, ds["unit"].values, strict=True)}
    units |= {carrier: "TJ" for carrier in CARRIERS if carrier not in units}
    sources = tuple(units)
    province = ds["province_of_city"].values.astype(np.int32)
    key = np.isin(province, np.asarray(key_provinces))
    by_city = net.values if "city" in net.dims else net.sel(province=province).values
    region, net_r = _regions(by_city, key)
    pairs = _pairs(ds, net_r, sources)
    activity, net_p = _table(ds, net_r, pairs, sources, default_factors)
    return State(
        year=year,
        cities=ds["city"].values.astype(np.int32),
        province=province,
        key_region=key,
        region=region,
        sources=sources,
        units=units,
        pairs=pairs,
        activity=activity,
        net=net_p,
        emission=ds["emission"].transpose("city", "sector", "species").values.astype(np.float64),
    )


def _table(
    ds: xr.Dataset,
    net: Array,
    pairs: tuple[tuple[str, str], ...],
    sources: tuple[str, ...],
    default_factors: Mapping[tuple[str, str], Mapping[str, float]],
) -> tuple[Array, Array]:
    """Activity (city, pair) and net factors (region, pair, species) of the pairs.

    A fuel that a sector does not burn yet gets default factors, for the species that other fuels
    of the sector carry: the rest is counted with its products.
    """
    stated = ds["activity"].transpose("city", "sector", "source").fillna(0.0).values
    n_inventory = ds.sizes["source"]
    fuel = np.array([str(u) == "TJ" for u in ds["unit"].values])
    carried = np.any(net[:, :, fuel] != 0, axis=(0, 2))
    activity = np.zeros((stated.shape[0], len(pairs)))
    factors = np.zeros((net.shape[0], len(pairs), len(SPECIES)))
    for i, (sector, source) in enumerate(pairs):
        j, f = SECTORS.index(sector), sources.index(source)
        if f < n_inventory:
            activity[:, i] = stated[:, j, f]
            factors[:, i] = net[:, j, f]
        if not np.any(factors[:, i]) and (sector, source) in default_factors:
            own = default_factors[sector, source]
            known = np.array([own.get(s, 0.0) for s in SPECIES])
            factors[:, i] = known * (carried[j] if np.any(carried[j]) else 1.0)
    return activity, factors


def _regions(by_city: Array, key: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int32], Array]:
    flat = by_city.reshape(by_city.shape[0], -1)
    rows = np.column_stack([key.astype(np.float64), flat])
    _, first, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)  # regions in the order in which cities meet them
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    return rank[inverse.ravel()].astype(np.int32), by_city[first[order]]


def _pairs(ds: xr.Dataset, net: Array, sources: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    activity = ds["activity"].transpose("city", "sector", "source").fillna(0.0).values
    used = np.asarray((activity != 0).any(axis=0))
    has_factor = np.asarray(net.any(axis=(0, 3)))
    keep: list[tuple[str, str]] = []
    for j, sector in enumerate(SECTORS):
        for f, source in enumerate(sources):
            inside = f < used.shape[1] and bool(used[j, f] or has_factor[j, f])
            if inside or source in CARRIERS:
                keep.append((sector, source))
    return tuple(keep)


def emission_of(
    activity: Array,
    net: Array,
    *,
    region: npt.NDArray[np.int32],
    pairs: tuple[tuple[str, str], ...],
) -> Array:
    """E(t, c, j, s) = sum over the sources of A N.

    Parameters
    ----------
    activity : ndarray, shape (year, city, pair)
    net : ndarray, shape (year, region, pair, species), Mg per unit
    region : ndarray of int, shape (city,)

    Returns
    -------
    ndarray, shape (year, city, sector, species), Mg yr-1
    """
    out = np.zeros((*activity.shape[:2], len(SECTORS), net.shape[-1]))
    of_pair = np.array([SECTORS.index(j) for j, _ in pairs])
    members = [np.flatnonzero(region == r) for r in range(net.shape[1])]
    for j in range(len(SECTORS)):
        chosen = np.flatnonzero(of_pair == j)
        a = activity[:, :, chosen]
        active = np.flatnonzero(a.any(axis=(0, 1)))
        if not active.size:
            continue
        for r, cities in enumerate(members):
            out[:, cities, j] = a[:, cities][:, :, active] @ net[:, r][:, chosen[active]]
    return out
