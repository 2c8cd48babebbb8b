"""A scenario as DESID rules: region factors instead of another set of emission files.

DESID multiplies what CMAQ reads from the base files by region, stream and emission variable. In a
cell that regions share it applies the mask-weighted sum: ``1 - sum_k f_k (1 - s_k)``. It takes one
base rule and 99 region rules for an emission variable and stream and ignores the rest without a
word, so cities are grouped and more than 99 are refused. Sources: CMAQ User's Guide, appendix B;
Murphy et al. 2021 (doi:10.5194/gmd-14-3407-2021); limits measured with CMAQ 5.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

import numpy as np
import pandas as pd
import xarray as xr

from scenair.core.errors import InputError, UnitsError
from scenair.core.species import POLLUTANTS
from scenair.core.units import EMISSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from scenair.cmaq.check_names import Mechanism

MAX_REGION_RULES: Final = 99
#: Factors closer to 1 than this need no rule.
UNCHANGED: Final = 1e-9
#: Cities whose factors differ less than this share a region.
EQUAL: Final = 1e-6
#: Share of a part that may appear where the base has none before the export is refused; below, it
#: is part of the error that the round trip shows.
UNEXPRESSED: Final = 1e-2
#: CMAQ's own region: the whole domain, without a mask.
EVERYWHERE: Final = "EVERYWHERE"
#: Parts of the inventory that emission variables come from. PMC = PM10 - PM25;
#: PM25_REST = PM25 - BC - organic matter.
PARTS: Final = ("SO2", "NOx", "NMVOC", "NH3", "CO", "BC", "OC", "PM25_REST", "PMC")
By = Literal["auto", "city", "equal", "similar", "type", "province", "everywhere"]
WAYS: Final[tuple[By, ...]] = (
    "auto", "city", "equal", "similar", "type", "province", "everywhere",
)  # fmt: skip


@dataclass(frozen=True)
class Region:
    """Cities that share a factor; ``label`` is the mask's name."""

    label: str
    cities: tuple[int, ...]


@dataclass(frozen=True)
class Rule:
    """One row of ``Desid_Rules_nml``."""

    region: str
    stream: str
    variable: str
    factor: float
    operation: Literal["m", "o", "a"] = "m"


def parts(emission: xr.DataArray, *, om_oc: float | xr.DataArray) -> xr.DataArray:
    """Emission by what the emission variables come from.

    Parameters
    ----------
    emission : DataArray
        Dimension ``species``, Mg yr-1.
    om_oc : float or DataArray (sector)
        Organic matter over organic carbon; what PNCOM is made with.

    Returns
    -------
    DataArray
        ``part`` in place of ``species``; negative remainders (PM25 < BC + OM) count as 0.

    Raises
    ------
    UnitsError
        Another unit than Mg yr-1.
    """
    if emission.attrs.get("units") != EMISSION:
        raise UnitsError(
            "wrong unit", where="emission", value=emission.attrs.get("units"), allowed=EMISSION
        )
    get = {str(s): emission.sel(species=s, drop=True) for s in emission["species"].values}
    rest = (get["PM25"] - get["BC"] - om_oc * get["OC"]).clip(min=0)
    coarse = (get["PM10"] - get["PM25"]).clip(min=0)
    made = get | {"PM25_REST": rest, "PMC": coarse}
    out = xr.concat([made[p] for p in PARTS], dim="part").assign_coords(part=list(PARTS))
    return out.assign_attrs(units=EMISSION)


class StreamLike(Protocol):
    """What is needed of a stream: its labels, sectors and shares (sector, species)."""

    @property
    def label(self) -> str: ...

    @property
    def point_label(self) -> str: ...

    @property
    def sectors(self) -> tuple[str, ...]: ...

    @property
    def share(self) -> npt.NDArray[np.float64]: ...


def stream_parts(
    emission: xr.DataArray, *, streams: Sequence[StreamLike], om_oc: float | xr.DataArray
) -> xr.DataArray:
    """Emission by stream and part: ``stream`` and ``part`` for ``sector`` and ``species``.

    Parameters
    ----------
    emission : DataArray (..., sector, species)
        Mg yr-1.
    streams : sequence
        ``share`` follows ``sectors`` and :data:`scenair.core.species.POLLUTANTS`.
    om_oc : float or DataArray (sector)
        Organic matter over organic carbon.

    Raises
    ------
    InputError
        A stream names a sector that the file lacks.
    UnitsError
        Another unit than Mg yr-1.
    """
    have = {str(s) for s in emission["sector"].values}
    emission = emission.sel(species=list(POLLUTANTS)).assign_attrs(emission.attrs)
    pieces = []
    for stream in streams:
        lost = sorted(set(stream.sectors) - have)
        if lost:
            raise InputError(
                "a stream names an unknown sector",
                where=f"stream {stream.label}",
                value=", ".join(lost),
            )
        sectors = list(stream.sectors)
        share = xr.DataArray(
            stream.share,
            dims=("sector", "species"),
            coords={"sector": sectors, "species": list(POLLUTANTS)},
        )
        part = (emission.sel(sector=sectors) * share).assign_attrs(emission.attrs)
        pieces.append(parts(part, om_oc=om_oc).sum("sector"))
    out = xr.concat(pieces, dim="stream").assign_coords(stream=[s.label for s in streams])
    return out.assign_attrs(units=EMISSION)


def ratio(scenario: xr.DataArray, base: xr.DataArray) -> xr.DataArray:
    """Scenario over base, 1 where the base is zero."""
    safe = base.where(base > 0, 1.0)
    return (scenario / safe).where(base > 0, 1.0)


def require_expressible(scenario: xr.DataArray, base: xr.DataArray) -> None:
    """Stop where the scenario emits and the base has nothing: DESID can only multiply.

    Raises
    ------
    InputError
        Above 1 % of a part's total.
    """
    other = [d for d in scenario.dims if d != "part"]
    total = scenario.sum(other).clip(min=1e-30)
    by_part = (scenario.where(base <= 0, 0.0).sum(other) / total).values
    share = float(by_part.max())
    if share > UNEXPRESSED:
        part = str(scenario["part"].values[int(by_part.argmax())])
        raise InputError(
            "the scenario emits where the base has nothing, and DESID can only multiply",
            where=part,
            value=f"{share:.2e} of the total",
            allowed=f"{UNEXPRESSED:g}",
            remedy="write emission files for this scenario, or choose another base",
        )


def regions_of(
    factor: xr.DataArray, *, by: By, city_type: xr.DataArray | None = None
) -> list[Region]:
    """Groups of cities that get one factor.

    Parameters
    ----------
    factor : DataArray (city, stream, part)
    by : str
        ``city``, ``equal`` (cities with equal factors), ``similar`` (99 groups of cities with the
        most similar factors, Ward's method), ``type``, ``province``, ``everywhere``, or ``auto``:
        equal where that gives at most 99, else type, else province.
    city_type : DataArray (city), optional

    Returns
    -------
    list of Region
        Labels in upper case, at most 16 characters: C110100, G001, T01, P110000, EVERYWHERE.

    Raises
    ------
    InputError
        More than 99 groups, or types asked for and absent.
    """
    if by == "auto":
        groups = _equal(factor)
        if len(groups) <= MAX_REGION_RULES:
            return groups
        by = "type" if city_type is not None else "province"
    groups = _groups(factor, by=by, city_type=city_type)
    if len(groups) > MAX_REGION_RULES:
        raise InputError(
            f"{len(groups)} regions by {by}: DESID ignores every rule after the "
            f"{MAX_REGION_RULES}th of a species and stream, without a word",
            value=len(groups),
            allowed=f"at most {MAX_REGION_RULES}",
            remedy="group by type or province, or write emission files for this scenario",
        )
    return groups


def _groups(factor: xr.DataArray, *, by: By, city_type: xr.DataArray | None) -> list[Region]:
    cities = [int(c) for c in factor["city"].values]
    if by == "equal":
        return _equal(factor)
    if by == "similar":
        return _similar(factor)
    if by == "city":
        return [Region(f"C{c}", (c,)) for c in cities]
    if by == "everywhere":
        return [Region(EVERYWHERE, tuple(cities))]
    if by == "province":
        keys = [f"P{c // 10000 * 10000}" for c in cities]
    elif by == "type":
        if city_type is None:
            raise InputError(
                "no city types given", remedy="give the trajectories file that has city_type"
            )
        values = city_type.reindex(city=cities).values
        known = sorted({str(v) for v in values})
        keys = [f"T{known.index(str(v)) + 1:02d}" for v in values]
    else:
        raise InputError("unknown way of grouping", value=by, allowed=", ".join(WAYS))
    return [
        Region(k, tuple(c for c, key in zip(cities, keys, strict=True) if key == k))
        for k in sorted(set(keys))
    ]


def _equal(factor: xr.DataArray) -> list[Region]:
    flat = np.round(_vectors(factor) / EQUAL).astype(np.int64)
    _, label = np.unique(flat, axis=0, return_inverse=True)
    return _numbered(np.asarray(label).ravel(), factor)


def _similar(factor: xr.DataArray) -> list[Region]:
    from scipy.cluster.hierarchy import fcluster, linkage

    if factor.sizes["city"] <= MAX_REGION_RULES:
        return _equal(factor)
    # factors far above 1 stand for next to no emission: they must not rule the distance
    tree = linkage(np.clip(_vectors(factor), 0.0, 2.0), method="ward")
    return _numbered(fcluster(tree, t=MAX_REGION_RULES, criterion="maxclust"), factor)


def _vectors(factor: xr.DataArray) -> npt.NDArray[np.float64]:
    """(city, stream x part)."""
    values = factor.transpose("city", ...).values
    return np.asarray(values, dtype=np.float64).reshape(factor.sizes["city"], -1)


def _numbered(label: npt.NDArray[np.integer[Any]], factor: xr.DataArray) -> list[Region]:
    """Regions numbered by their first city, so that a name does not depend on the values."""
    cities = factor["city"].values
    return [
        Region(f"G{i + 1:03d}", tuple(int(c) for c in cities[label == k]))
        for i, k in enumerate(dict.fromkeys(label.tolist()))
    ]


def group_factors(
    scenario: xr.DataArray, base: xr.DataArray, *, regions: Sequence[Region]
) -> xr.DataArray:
    """Factor of each region: sum of the scenario over sum of the base.

    Returns
    -------
    DataArray (region, stream, part)

    Raises
    ------
    InputError
        Where :func:`require_expressible` stops.
    """
    label = {c: r.label for r in regions for c in r.cities}
    inside = [c for c in scenario["city"].values if int(c) in label]
    keys = xr.DataArray([label[int(c)] for c in inside], dims="city", name="region")
    new, old = (e.sel(city=inside).groupby(keys).sum() for e in (scenario, base))
    require_expressible(new, old)
    out = ratio(new, old).sel(region=[r.label for r in regions])
    return out.transpose("region", "stream", "part").assign_attrs(units="1")


def rules(factor: xr.DataArray, *, mechanism: Mechanism) -> list[Rule]:
    """One multiplying rule a region, stream and emission variable whose factor is not 1.

    Raises
    ------
    InputError
        More than 99 for an emission variable and stream.
    """
    variables: dict[str, list[str]] = {}
    for variable, part in mechanism.inventory.items():
        variables.setdefault(part, []).append(variable)
    out = []
    for part in factor["part"].values:
        values = factor.sel(part=part)
        for stream in factor["stream"].values:
            for region in factor["region"].values:
                f = float(values.sel(stream=stream, region=region))
                if abs(f - 1) > UNCHANGED:
                    out += [
                        Rule(str(region), str(stream), v, f) for v in variables.get(str(part), [])
                    ]
    require_rule_limit(out)
    return out


def require_rule_limit(rows: Sequence[Rule]) -> None:
    """Stop where DESID would ignore rules.

    Raises
    ------
    InputError
        With the emission variable, the stream and the count.
    """
    counts = pd.Series([(r.variable, r.stream) for r in rows], dtype=object).value_counts()
    if len(counts) and int(counts.iloc[0]) > MAX_REGION_RULES:
        variable, stream = counts.index[0]
        raise InputError(
            "too many region rules: DESID ignores what comes after, without a word",
            where=f"emission variable {variable}, stream {stream}",
            value=int(counts.iloc[0]),
            allowed=f"at most {MAX_REGION_RULES}",
            remedy="group by type or province, or write emission files for this scenario",
        )
