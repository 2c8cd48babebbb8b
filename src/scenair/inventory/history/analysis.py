"""Tables of the history years, out of inventory files and provincial statistics.

What a city's figures can't show is not shown: where the spread inside provinces comes from fixed
shares alone, the table says ``not identified``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import xarray as xr

from scenair.core.errors import MassBalanceError
from scenair.core.sectors import MEIC_SECTORS
from scenair.inventory.history import metrics
from scenair.inventory.history.panel import kuznets
from scenair.inventory.history.series import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

FALLING: Final = ("SO2", "NOx", "PM25", "CO2")
#: Least share of variance inside provinces for a figure about cities.
LEAST_SIGNAL: Final = 0.05
#: Least number of units of a panel regression with clustered errors.
LEAST_CLUSTERS: Final = 10
NOT_IDENTIFIED: Final = "not identified"
EFFECTS: Final = ("population", "affluence", "activity", "control", "rest")


def signals(data: Panel) -> dict[str, float]:
    """Share of the variance of cities' changes that lies within provinces, by species (0-1).

    Below :data:`LEAST_SIGNAL` cities do what their province does: nothing about them is identified.
    """
    start, end = data.ends()
    total = data.emission.sum("sector")
    out = {}
    for name in total["species"].values.tolist():
        before, after = (total.sel(year=y, species=name).values for y in (start, end))
        with np.errstate(divide="ignore", invalid="ignore"):
            change = np.log(after / before)
        out[str(name)] = metrics.local_signal(change, data.province, before)
    return out


def falling(data: Panel) -> pd.DataFrame:
    """Share of cities whose emission fell between the first and the last year.

    Columns species (``all``: the four together), cities, falling, local_signal, share (text:
    a number, or ``not identified``).
    """
    start, end = data.ends()
    total = data.emission.sum("sector")
    known = signals(data)
    fell = pd.DataFrame(index=total["city"].values)
    rows = []
    for name in FALLING:
        before, after = (total.sel(year=y, species=name).values for y in (start, end))
        fell[name] = after < before
        rows.append((name, known[name], int(fell[name].sum())))
    rows.append(("all", min(r[1] for r in rows), int(fell.all(axis=1).sum())))
    frame = pd.DataFrame(rows, columns=["species", "local_signal", "falling"])
    frame["cities"] = len(fell)
    number = (frame["falling"] / frame["cities"]).map("{:.4f}".format)
    frame["share"] = number.where(frame["local_signal"] >= LEAST_SIGNAL, NOT_IDENTIFIED)
    frame["first_year"], frame["last_year"] = start, end
    return frame


def decoupling(co2: pd.DataFrame, gdp: pd.DataFrame, *, level: str) -> pd.DataFrame:
    """Tapio decoupling of CO2 from GDP, every year and over the whole period.

    Parameters
    ----------
    co2, gdp : DataFrame
        Units (adcode) x years, same shape; Mg yr-1 and 1e8 yuan (current prices).
    level : str
        ``province`` or ``city``.
    """
    years = list(co2.columns)
    spans = [*pairwise(years), (years[0], years[-1])]
    rows = []
    for a, b in spans:
        for code in co2.index:
            dc = float(co2.loc[code, b] / co2.loc[code, a] - 1)
            dg = float(gdp.loc[code, b] / gdp.loc[code, a] - 1)
            e, name = metrics.tapio(dc, dg)
            rows.append((level, code, a, b, dc, dg, e, name))
    columns = ["level", "adcode", "first_year", "last_year", "co2_change", "gdp_change",
               "elasticity", "class"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).assign(gdp_basis="current prices")


def kuznets_table(
    emission: xr.DataArray, gdp: pd.DataFrame, population: pd.DataFrame, *, level: str
) -> pd.DataFrame:
    """Kuznets curve of emission per head on GDP per head, one row a species.

    Parameters
    ----------
    emission : DataArray
        (year, unit, species) with the dimension named province or city, Mg yr-1.
    gdp, population : DataFrame
        Units x years, 1e8 yuan and persons.
    """
    dim = level
    codes, years = gdp.index.to_list(), list(gdp.columns)
    unit, time = (a.ravel() for a in np.indices((len(codes), len(years))))
    income = (gdp * 1e8 / population).to_numpy().ravel()
    rows = []
    for name in FALLING:
        values = emission.sel({"species": name, "year": years, dim: codes}).transpose(dim, "year")
        per_head = (values.values / population.to_numpy()).ravel()
        r = kuznets(per_head, income, unit.astype(np.int64), time.astype(np.int64))
        verdict = "inverted U" if r.inverted_u else "no inverted U"
        rows.append(
            (level, name, r.b1, r.se1, r.b2, r.se2, r.turning_point, r.inside, r.sasabuchi_p, r.n,
             r.clusters, verdict)
        )  # fmt: skip
    columns = ["level", "species", "b1", "se1", "b2", "se2", "turning_point_yuan", "inside",
               "sasabuchi_p", "n", "clusters", "verdict"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def decomposition(
    data: Panel, gdp: pd.DataFrame, population: pd.DataFrame, *, tolerance: float = 1e-9
) -> pd.DataFrame:
    """LMDI of provinces and their sum: population, GDP per head, activity per GDP, control, rest.

    ``rest`` is what is left of the emission per activity after control: factors that the closing
    to published totals implies. Zero province code: the sum of the provinces.

    Raises
    ------
    MassBalanceError
        Effects that do not sum to the change within ``tolerance`` of the emission.
    """
    start, end = data.ends()
    codes = list(data.whole)
    activity = data.activity.assign_coords(province=("city", data.province))
    activity = activity.groupby("province").sum("city").sel(province=codes)
    factors = [_factors(data, activity, gdp, population, year=y, codes=codes) for y in (start, end)]
    effects = metrics.lmdi(*factors)
    rows = []
    for j, name in enumerate(data.parts["species"].values.tolist()):
        by_province = {e: v[..., j].sum(axis=(1, 2)) for e, v in zip(EFFECTS, effects, strict=True)}
        ends = [
            data.parts.sel(year=y, species=name, province=codes).sum(("sector", "source")).values
            for y in (start, end)
        ]
        for i, code in enumerate([*codes, 0]):
            pick = slice(None) if code == 0 else slice(i, i + 1)
            parts = {e: float(v[pick].sum()) for e, v in by_province.items()}
            before, after = (float(v[pick].sum()) for v in ends)
            error = sum(parts.values()) - (after - before)
            if abs(error) > tolerance * max(before, after, 1e-12):
                raise MassBalanceError(
                    "the effects of a decomposition do not sum to the change",
                    where=f"province {code}, {name}",
                    value=f"{error:g} Mg yr-1",
                )
            rows.append((code, name, start, end, before, after, *parts.values(), error))
    columns = ["adcode", "species", "first_year", "last_year", "before", "after", *EFFECTS,
               "closing_error"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _factors(
    data: Panel, activity: xr.DataArray, gdp: pd.DataFrame, population: pd.DataFrame, *,
    year: int, codes: Sequence[int],
) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:  # fmt: skip
    """The five factors as arrays (province, sector, source, species)."""
    part = data.parts.sel(year=year, province=list(codes))
    part = part.transpose("province", "sector", "source", "species")
    used = activity.sel(year=year).transpose("province", "sector", "source")
    amount = used.values[..., None]
    kept = 1 - data.removed.sel(year=year).transpose("sector", "source", "species").values[None]
    people = population.loc[list(codes), year].to_numpy(float)[:, None, None, None]
    money = gdp.loc[list(codes), year].to_numpy(float)[:, None, None, None]
    below = amount * kept
    rest = np.divide(part.values, below, out=np.zeros(part.shape), where=below > 0)
    shape = part.shape
    return [
        np.broadcast_to(people, shape).astype(float),
        np.broadcast_to(money / people, shape).astype(float),
        np.broadcast_to(amount / money, shape).astype(float),
        np.broadcast_to(kept, shape).astype(float),
        rest,
    ]


def inequality(data: Panel) -> pd.DataFrame:
    """Gini of the cities by year and species.

    Columns year, species, cities, gini, trend (``not identified`` where cities do what their
    province does, so that a change says nothing about them).
    """
    total = data.emission.sum("sector")
    known = signals(data)
    rows = [
        (y, name, total.sizes["city"], metrics.gini(total.sel(year=y, species=name).values),
         "identified" if known[name] >= LEAST_SIGNAL else NOT_IDENTIFIED)
        for y in data.years
        for name in data.emission["species"].values.tolist()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["year", "species", "cities", "gini", "trend"])


def lorenz_curves(data: Panel) -> pd.DataFrame:
    """Lorenz points of the first and the last year (cities, unweighted, small emitters first).

    Columns year, species, cities_share, emission_share.
    """
    total = data.emission.sum("sector")
    curves = []
    for year in data.ends():
        for name in FALLING:
            units, share = metrics.lorenz(total.sel(year=year, species=name).values)
            curves.append(
                pd.DataFrame(
                    {
                        "year": year,
                        "species": name,
                        "cities_share": units,
                        "emission_share": share,
                    }
                )
            )
    return pd.concat(curves, ignore_index=True)


def changes(data: Panel) -> pd.DataFrame:
    """Emission of every city in the first and the last year.

    Columns adcode, species, first_year, last_year, before, after (Mg yr-1), change (relative;
    empty where nothing was emitted before).
    """
    start, end = data.ends()
    total = data.emission.sum("sector").sel(species=list(FALLING))
    frames = [
        total.sel(year=year, drop=True).rename(name).to_series()
        for year, name in ((start, "before"), (end, "after"))
    ]
    frame = pd.concat(frames, axis=1).reset_index().rename(columns={"city": "adcode"})
    frame["change"] = (frame["after"] / frame["before"] - 1).where(frame["before"] > 0)
    frame.insert(2, "first_year", start)
    frame.insert(3, "last_year", end)
    return frame.sort_values(["species", "adcode"], ignore_index=True)


def sectors(data: Panel) -> pd.DataFrame:
    """Emission by year, sector of MEIC and species, summed over the cities of the case, Mg yr-1."""
    total = data.emission.sum("city")
    rows = [
        (year, meic, name, float(total.sel(year=year, species=name, sector=list(members)).sum()))
        for year in data.years
        for meic, members in MEIC_SECTORS.items()
        for name in total["species"].values.tolist()
    ]
    return pd.DataFrame(rows, columns=["year", "meic_sector", "species", "emission"])


def cocontrol(data: Panel) -> pd.DataFrame:
    """Co-control elasticity of each pollutant to CO2, by whole province and in sum (code 0)."""
    start, end = data.ends()
    table = data.provincial()
    rows = []
    for code in [*data.whole, 0]:
        here = table.sum("province") if code == 0 else table.sel(province=code)
        co2 = tuple(float(here.sel(year=y, species="CO2")) for y in (start, end))
        for name in data.emission["species"].values.tolist():
            if name == "CO2":
                continue
            ap = tuple(float(here.sel(year=y, species=name)) for y in (start, end))
            e = metrics.cocontrol_elasticity((ap[0], ap[1]), (co2[0], co2[1]))
            both = "both fall" if ap[1] < ap[0] and co2[1] < co2[0] else "not both"
            both = both if np.isfinite(e) else f"{both}; CO2 hardly changed"
            rows.append((code, name, ap[1] / ap[0] - 1, co2[1] / co2[0] - 1, e, both))
    columns = ["adcode", "species", "pollutant_change", "co2_change", "elasticity", "direction"]
    return pd.DataFrame(rows, columns=columns)


@dataclass(frozen=True)
class Drivers:
    """GDP (1e8 yuan, current prices) and population (persons), units x years.

    ``level`` is ``city`` where the user's yearbook gives the GDP of cities, else ``province``.
    """

    level: str
    gdp: pd.DataFrame
    population: pd.DataFrame


def drivers(
    data: Panel, *, gdp: pd.DataFrame, population: pd.DataFrame, cities: pd.DataFrame | None
) -> Drivers:
    """What analytics that need GDP run on: cities where a yearbook gives it, else provinces.

    Parameters
    ----------
    gdp, population : DataFrame
        Whole provinces x years.
    cities : DataFrame, optional
        City statistics (adcode, year, gdp, population).
    """
    if cities is not None:
        money = cities.pivot_table(index="adcode", columns="year", values="gdp")
        money = money.reindex(columns=data.years).dropna()
        money = money[money.index.isin(data.emission["city"].values)]
        if len(money):
            return Drivers("city", money, _city_population(cities, money))
    return Drivers("province", gdp, population)


def _emission_of(data: Panel, known: Drivers) -> xr.DataArray:
    """Emission (year, unit, species) of the units of the drivers, Mg yr-1."""
    if known.level == "city":
        return data.emission.sum("sector").sel(city=known.gdp.index.to_numpy())
    return data.provincial().sel(province=known.gdp.index.to_numpy())


def tapio_table(data: Panel, known: Drivers) -> pd.DataFrame:
    """Decoupling of CO2 from GDP of the units whose GDP is known."""
    series = _emission_of(data, known).sel(species="CO2").transpose(known.level, "year")
    co2 = pd.DataFrame(series.values, index=known.gdp.index, columns=data.years)
    table = decoupling(co2, known.gdp, level=known.level)
    if known.level == "city" and signals(data)["CO2"] < LEAST_SIGNAL:
        # CO2 of the cities moves with their province: its elasticity would be that of GDP alone
        table["elasticity"], table["class"] = np.nan, NOT_IDENTIFIED
    return table


def ekc_table(data: Panel, known: Drivers) -> pd.DataFrame:
    """Kuznets curves, or why there are none."""
    level, count = known.level, len(known.gdp)
    if count < LEAST_CLUSTERS or known.population.empty:
        reason = f"{NOT_IDENTIFIED}: {count} units of level {level} with GDP and population"
        return pd.DataFrame({"level": level, "species": FALLING, "verdict": reason})
    table = kuznets_table(_emission_of(data, known), known.gdp, known.population, level=level)
    if level == "city":
        weak = table["species"].map(signals(data)) < LEAST_SIGNAL
        reason = f"{NOT_IDENTIFIED}: cities do what their province does"
        numbers = ["b1", "se1", "b2", "se2", "turning_point_yuan", "sasabuchi_p"]
        table.loc[weak, numbers] = np.nan
        table["inside"] = table["inside"] & ~weak
        table["verdict"] = table["verdict"].where(~weak, reason)
    return table


def per_head(data: Panel, known: Drivers) -> pd.DataFrame:
    """GDP (yuan) and emission (kg) a person: columns adcode, year, income, one a species."""
    emission = _emission_of(data, known).sel(species=list(FALLING))
    people = known.population.to_numpy()[..., None]
    values = 1e3 * emission.transpose(known.level, "year", "species").values / people
    index = pd.MultiIndex.from_product([known.gdp.index, data.years], names=["adcode", "year"])
    frame = pd.DataFrame(values.reshape(-1, len(FALLING)), index=index, columns=list(FALLING))
    frame.insert(0, "income", (known.gdp * 1e8 / known.population).to_numpy().ravel())
    return frame.reset_index()


def _city_population(cities: pd.DataFrame, money: pd.DataFrame) -> pd.DataFrame:
    if "population" not in cities.columns:
        return pd.DataFrame()
    table = cities.pivot_table(index="adcode", columns="year", values="population")
    table = table.reindex(index=money.index, columns=money.columns)
    return pd.DataFrame() if table.isna().any(axis=None) else table
