"""Monte Carlo uncertainty of the inventory: factors, activity and shares.

Every quantity varies by a log-normal multiplier of median 1 whose spread is declared in
``resources/inventory/uncertainty.csv``. One draw of a factor or a national activity holds for all
cities and, for activity, for all species of the source (they are correlated); the draws of the
shares are one a city and sector, the same for all species, and leave national sums as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import xarray as xr

from scenair.core.errors import InputError
from scenair.core.sectors import SECTORS

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    Array = npt.NDArray[np.float64]

QUANTILES: Final = (0.025, 0.5, 0.975)


def sigma(cv: Array | float) -> Array:
    """Standard deviation of the logarithm for a coefficient of variation."""
    return np.sqrt(np.log1p(np.asarray(cv, dtype=np.float64) ** 2))


@dataclass(frozen=True)
class Spread:
    """Coefficients of variation by kind, sector and species.

    Attributes
    ----------
    activity : array (sector,)
    share : array (sector,)
    factor : DataArray (sector, species)
    """

    activity: Array
    share: Array
    factor: xr.DataArray


def spread_of(table: pd.DataFrame, species: list[str]) -> Spread:
    """Read the declared coefficients of variation.

    ``table``: kind (activity, share, factor), sector (or ``all``), species (or ``all``), value. The
    more special row goes before the general one.

    Raises
    ------
    InputError
        A kind without a row for all, or a value below zero.
    """
    if (table["value"] < 0).any():
        raise InputError(
            "a coefficient of variation below zero",
            where="resources/inventory/uncertainty.csv",
            value=float(table["value"].min()),
        )
    values = table.set_index(["kind", "sector", "species"])["value"]

    def pick(kind: str, sector: str, name: str) -> float:
        for key in ((sector, name), (sector, "all"), ("all", name), ("all", "all")):
            if (kind, *key) in values.index:
                return float(values[(kind, *key)])
        raise InputError(
            "no coefficient of variation",
            where="resources/inventory/uncertainty.csv",
            value=f"{kind}, {sector}, {name}",
            remedy="add a row for all sectors and species of the kind",
        )

    factor = [[pick("factor", s, n) for n in species] for s in SECTORS]
    return Spread(
        activity=np.array([pick("activity", s, "all") for s in SECTORS]),
        share=np.array([pick("share", s, "all") for s in SECTORS]),
        factor=xr.DataArray(
            factor,
            dims=("sector", "species"),
            coords={"sector": list(SECTORS), "species": species},
        ),
    )


def contributions(ds: xr.Dataset, species: str) -> Array:
    """Emission of one species by (city, sector, source), Mg yr-1."""
    net = ds["emission_factor"].sel(species=species) * (1 - ds["removal"].sel(species=species))
    k = ds["closing_factor"].sel(species=species, province=ds["province_of_city"])
    out = ds["activity"] * net * k.drop_vars("province")
    return np.asarray(out.transpose("city", "sector", "source").values)


def intervals(ds: xr.Dataset, table: pd.DataFrame, *, draws: int, seed: int) -> xr.Dataset:
    """Quantiles of the emission of every city.

    Parameters
    ----------
    ds : Dataset
        An inventory file.
    table : DataFrame
        Declared spreads.
    draws, seed : int
        The same seed gives the same numbers.

    Returns
    -------
    Dataset
        ``emission_quantile(quantile, city, sector, species)``, ``total_quantile(quantile, city,
        species)`` (sum over sectors), ``national_quantile(quantile, sector, species)``; Mg yr-1.
        National numbers are those of the cities in the file.
    """
    names = [str(s) for s in ds["species"].values]
    cv = spread_of(table, names)
    n_city, n_sector = ds.sizes["city"], ds.sizes["sector"]
    n_source = ds.sizes["source"]
    rng = np.random.default_rng(seed)
    activity = np.exp(
        sigma(cv.activity)[None, :, None] * rng.standard_normal((draws, n_sector, n_source))
    )
    share = np.exp(sigma(cv.share)[None, None, :] * rng.standard_normal((draws, n_city, n_sector)))
    q = np.array(QUANTILES)
    by_sector = np.zeros((len(q), n_city, n_sector, len(names)))
    total = np.zeros((len(q), n_city, len(names)))
    nation = np.zeros((len(q), n_sector, len(names)))
    for j, name in enumerate(names):
        part = contributions(ds, name)
        noise = sigma(cv.factor.sel(species=name).values)[None, :, None]
        factor = np.exp(noise * rng.standard_normal((draws, n_sector, n_source)))
        sample = _sample(part, activity * factor, share)
        by_sector[..., j] = np.quantile(sample, q, axis=0)
        total[..., j] = np.quantile(sample.sum(axis=2), q, axis=0)
        nation[..., j] = np.quantile(sample.sum(axis=1), q, axis=0)
    coords = {"quantile": q, "city": ds["city"], "sector": ds["sector"], "species": names}
    units = {"units": "Mg yr-1"}
    return xr.Dataset(
        {
            "emission_quantile": (("quantile", "city", "sector", "species"), by_sector, units),
            "total_quantile": (("quantile", "city", "species"), total, units),
            "national_quantile": (("quantile", "sector", "species"), nation, units),
        },
        coords=coords,
    )


def _sample(part: Array, multiplier: Array, share: Array) -> Array:
    """Emission (draw, city, sector) of one species.

    Parameters
    ----------
    part : array (city, sector, source)
    multiplier : array (draw, sector, source)
    share : array (draw, city, sector)
    """
    out = np.einsum("cks,nks->nck", part, multiplier, optimize=True)
    moved = out * share
    before, after = out.sum(axis=1, keepdims=True), moved.sum(axis=1, keepdims=True)
    scale = np.divide(before, after, out=np.ones_like(before), where=after > 0)
    return np.asarray(moved * scale)
