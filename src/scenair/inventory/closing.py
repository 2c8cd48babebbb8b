"""Provincial targets and the closing factor that meets them.

``k(province, sector, species) = target / bottom-up``; the targets sum to the published national
total of each MEIC sector. Plants set the provincial pattern of power, iron and steel and cement,
coking and heating follow their drivers, REAS shares the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import xarray as xr

from scenair.core.errors import InputError
from scenair.core.sectors import MEIC_SECTORS, SECTORS
from scenair.core.species import SPECIES
from scenair.inventory.cells import largest_cell
from scenair.inventory.shares import PROVINCES, normalised
from scenair.inventory.sources import BESIDE_INDUSTRY, FIXED_INDUSTRY, REST_INDUSTRY

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

#: Sectors whose pattern is that of their own bottom-up emission.
OWN_PATTERN = ("power", *FIXED_INDUSTRY, *BESIDE_INDUSTRY)


def biproportional(prior: Array, rows: Array, columns: Array, *, iterations: int = 500) -> Array:
    """Scale ``prior`` to row and column sums (iterative proportional fitting).

    Ends on the columns, so these are met exactly; the rows as far as the zeros of ``prior``
    allow. Deming and Stephan (1940).

    Parameters
    ----------
    prior : array (n, m), not negative
    rows : array (n,)
    columns : array (m,)
        Sums; ``rows`` are scaled to the total of ``columns``.

    Raises
    ------
    ValueError
        A column above zero whose prior is all zero.
    """
    if ((prior.sum(axis=0) == 0) & (columns > 0)).any():
        raise ValueError("a column has a sum to meet but no entry to carry it")
    rows = np.where(prior[:, columns > 0].sum(axis=1) > 0, rows, 0.0)
    if columns.sum() == 0 or rows.sum() == 0:
        return np.zeros_like(prior)
    rows = rows * columns.sum() / rows.sum()
    out = prior.copy()
    for _ in range(iterations):
        out *= _ratio(rows, out.sum(axis=1))[:, None]
        scale = _ratio(columns, out.sum(axis=0))
        out *= scale[None, :]
        if np.abs(scale[columns > 0] - 1).max() < 1e-13:
            break
    return out


def _ratio(target: Array, found: Array) -> Array:
    return np.divide(target, found, out=np.zeros_like(target), where=found > 0)


def industry_residual(
    share: pd.Series,
    *,
    total: float,
    fixed: Array,
    rest_total: float,
    floor: float,
    prior: Array | None = None,
) -> tuple[Array, Array]:
    """What REAS leaves to the sectors of industry without plants, by province.

    ``share x total - fixed``, at least ``floor x share x rest_total``, scaled to ``rest_total``.
    Where plants explain most of REAS's figure, the rest is a small difference of two large numbers
    and says little. With a ``prior`` it counts by the part of REAS's figure that plants don't
    explain, ``w = 1 - fixed / (share x total)`` (0 to 1), and the prior by ``1 - w``.

    Parameters
    ----------
    share : Series
        REAS's share of industry by province.
    total : float
        Industry that the share is of, Mg yr-1.
    fixed : array (31,)
        Emission of the sectors with a pattern of their own, Mg yr-1.
    rest_total : float
        Sum over the provinces, Mg yr-1.
    floor : float
        Least part of the naive share.
    prior : array (31,), optional
        Bottom-up emission of the rest; only its pattern counts.

    Returns
    -------
    residual : array (31,)
        Mg yr-1, sum ``rest_total``.
    raw : array (31,)
        Before floor and scaling; below zero where plants exceed the province's share.
    """
    whole = share.reindex(PROVINCES).to_numpy(np.float64)
    raw = whole * total - fixed
    kept = normalised(np.maximum(raw, floor * whole * rest_total)) * rest_total
    if prior is not None:
        weight = np.clip(_ratio(raw, whole * total), 0.0, 1.0)
        kept = weight * kept + (1 - weight) * normalised(prior) * rest_total
    return normalised(kept) * rest_total, raw


def _simple_target(base: Array, target: float, share: pd.Series | None) -> Array:
    """Provincial target of a sector by REAS where it has it, else by its own pattern."""
    if target == 0:
        return np.zeros_like(base)
    pattern = base if share is None else share.reindex(PROVINCES).to_numpy(np.float64)
    # a province without activity can't carry a share
    return normalised(np.where(base > 0, pattern, 0.0)) * target


def provincial_targets(
    base: xr.DataArray,
    targets: xr.DataArray,
    shares: Mapping[tuple[str, str], pd.Series],
    *,
    floor: float,
) -> tuple[xr.DataArray, pd.DataFrame]:
    """Emission every province, sector and species has to meet, Mg yr-1.

    Parameters
    ----------
    base : DataArray
        Bottom-up emission (province, sector, species).
    targets : DataArray
        National targets (sector, species).
    shares : mapping
        Provincial shares by (species, group).
    floor : float
        Least part of its naive share that a province keeps in the rest of industry.

    Returns
    -------
    target : DataArray
        (province, sector, species).
    negative : DataFrame
        province, species, share_of_reas, plants (Mg yr-1): provinces where plants and coking
        exceed REAS's whole share of industry.
    """
    out = xr.zeros_like(base)
    negative = []
    for name in SPECIES:
        for sector in SECTORS:
            if sector in REST_INDUSTRY:
                continue
            share = None if sector in OWN_PATTERN else shares.get((name, sector))
            out.loc[{"sector": sector, "species": name}] = _simple_target(
                base.sel(sector=sector, species=name).values,
                float(targets.sel(sector=sector, species=name)),
                share,
            )
        rest, raw = _rest_of_industry(base, targets, out, shares, species=name, floor=floor)
        out.loc[{"sector": list(REST_INDUSTRY), "species": name}] = rest
        for i in np.flatnonzero(raw < 0):
            fixed = float(out.isel(province=i).sel(sector=list(FIXED_INDUSTRY), species=name).sum())
            negative.append((PROVINCES[i], name, fixed + raw[i], fixed))
    columns = ["province", "species", "share_of_reas", "plants"]
    return out, pd.DataFrame(negative, columns=columns)


def _rest_of_industry(
    base: xr.DataArray,
    targets: xr.DataArray,
    done: xr.DataArray,
    shares: Mapping[tuple[str, str], pd.Series],
    *,
    species: str,
    floor: float,
) -> tuple[Array, Array]:
    """Targets (province, rest sectors) of one species and the raw residual by province."""
    rest = list(REST_INDUSTRY)
    prior = base.sel(sector=rest, species=species).transpose("province", "sector").values
    columns = targets.sel(sector=rest, species=species).values.astype(np.float64)
    if columns.sum() == 0:
        return np.zeros_like(prior), np.zeros(len(prior))
    if ((prior.sum(axis=0) == 0) & (columns > 0)).any():
        raise InputError("a sector of industry has a target but no activity", where=species)
    share = shares.get((species, "industry"))
    if share is None:
        share = pd.Series(normalised(prior.sum(axis=1)), index=PROVINCES)
    fixed = done.sel(sector=list(FIXED_INDUSTRY), species=species).sum("sector").values
    shared = [s for s in MEIC_SECTORS["industry"] if s not in BESIDE_INDUSTRY]
    total = float(targets.sel(sector=shared, species=species).sum())
    start = prior * _ratio(columns, prior.sum(axis=0))[None, :]
    rows, raw = industry_residual(
        share,
        total=total,
        fixed=fixed,
        rest_total=float(columns.sum()),
        floor=floor,
        prior=start.sum(axis=1),
    )
    return biproportional(start, rows, columns), raw


def closing_factors(target: xr.DataArray, base: xr.DataArray) -> xr.DataArray:
    """``target / base``; 1 where neither emits (nothing to close).

    Raises
    ------
    InputError
        A target above zero where nothing is emitted bottom-up.
    """
    impossible = (base == 0) & (target > 0)
    if bool(impossible.any()):
        where, amount = largest_cell(target.where(impossible, 0.0))
        raise InputError(
            "a target has no activity to carry it",
            where=where,
            value=f"{amount:g} Mg yr-1",
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = target / base
    return ratio.where(base > 0, 1.0).rename("closing_factor")


#: National ratio of target to bottom-up emission: below it the published total is hardly any.
NOTHING_PUBLISHED: Final = 0.05


def factor_table(
    factor: xr.DataArray, base: xr.DataArray, *, low: float, high: float
) -> pd.DataFrame:
    """Closing factors where something is emitted, and why one lies outside the band.

    Columns province, sector, species, k, national_k (the same ratio of the national sums: what of
    ``k`` the national factor, activity or removal causes), outside_band (k not within ``low`` to
    ``high``), reason (empty inside the band).
    """
    frame = factor.rename("k").to_dataframe().reset_index()
    base = base.transpose(*factor.dims)
    frame["base"] = base.values.ravel()
    frame = frame[frame["base"] > 0].reset_index(drop=True)
    frame["target"] = frame["k"] * frame["base"]
    sums = frame.groupby(["sector", "species"])[["target", "base"]].transform("sum")
    frame["national_k"] = sums["target"] / sums["base"]
    frame["outside_band"] = ~frame["k"].between(low, high)
    frame["reason"] = [
        _reason(sector, species, k, inside=low <= k <= high) if outside else ""
        for sector, species, k, outside in zip(
            frame["sector"].astype(str),
            frame["species"].astype(str),
            frame["national_k"].astype(float),
            frame["outside_band"],
            strict=True,
        )
    ]
    columns = ["province", "sector", "species", "k", "national_k", "outside_band", "reason"]
    return frame[columns]


def _reason(sector: str, species: str, national_k: float, *, inside: bool) -> str:
    """Why a closing factor is far from one: the nation's figures, or the province's share."""
    if national_k < NOTHING_PUBLISHED:
        return "nation: the published total is as good as zero"
    if not inside:
        return (
            f"nation: published total over activity x factor x (1 - removal) is {national_k:.2f}; "
            "factor or removal of the table differ from those behind the total"
        )
    if sector in OWN_PATTERN:
        return "province: the pattern of the sector itself, moved by a user's data"
    if species == "SO2" and sector != "on_road":
        return (
            "province: REASv3.2's share holds the sulfur of local coal and local controls, the "
            "factor is national"
        )
    if sector in REST_INDUSTRY:
        return "province: REASv3.2's share less plants does not follow the share of activity"
    return "province: REASv3.2's share of the species differs from its share of activity (CO2)"
