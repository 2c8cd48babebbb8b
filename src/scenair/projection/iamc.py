"""IAMC scenarios in and out: growth of another model as drivers, our results as its table.

In: rows Model, Scenario, Region, Variable, Unit and one column a year (``2020`` or ``X2020``), for
China or, as GCAM-China writes them, for its provinces (two letters, name or adcode).
Values are interpolated and harmonised to the base year by a ratio that fades (as the method
reduce_ratio of aneris: m(t) [beta(t) (h / m(t0) - 1) + 1], beta falling from 1 at t0 to 0 at tf);
GDP, which comes in many price bases, gives its growth only. The nation's series become our control
totals; where provinces are given, their population and GDP lead their cities, and cities follow by
their own drivers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.core.errors import InputError
from scenair.core.species import SPECIES
from scenair.projection.curves import smooth

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import xarray as xr

    Array = npt.NDArray[np.float64]

INDEX: Final = ("Model", "Scenario", "Region", "Variable", "Unit")
#: Our national driver <- IAMC variables in order of preference.
DRIVER_VARIABLES: Final = {
    "population": ("Population",),
    "gdp": ("GDP|PPP", "GDP|MER"),
    "crude_steel": ("Production|Steel",),
    "cement_output": ("Production|Cement",),
}
#: Generation and its fossil parts: together the non-fossil share.
GENERATION: Final = "Secondary Energy|Electricity"
FOSSIL: Final = tuple(f"{GENERATION}|{fuel}" for fuel in ("Coal", "Gas", "Oil"))
#: Names of China as a region.
REGIONS: Final = ("China", "CHN", "R10CHINA+", "CHINA")
#: Our species in the IAMC vocabulary.
SPECIES_NAMES: Final = {
    "SO2": "Sulfur",
    "NOx": "NOx",
    "NMVOC": "VOC",
    "NH3": "NH3",
    "CO": "CO",
    "BC": "BC",
    "OC": "OC",
    "CO2": "CO2",
    "PM25": "PM2.5",
    "PM10": "PM10",
}
#: Our sectors in the IAMC vocabulary.
SECTOR_NAMES: Final = {
    "power": "Energy|Supply|Electricity",
    "heating": "Energy|Supply|Heat",
    "industrial_boilers": "Energy|Demand|Industry|Other",
    "iron_steel": "Energy|Demand|Industry|Steel",
    "coking": "Energy|Supply|Solids",
    "cement": "Energy|Demand|Industry|Cement",
    "building_materials": "Energy|Demand|Industry|Non-Metallic Minerals",
    "petrochemical": "Energy|Demand|Industry|Chemicals",
    "nonferrous": "Energy|Demand|Industry|Non-Ferrous Metals",
    "residential": "Energy|Demand|Residential and Commercial",
    "on_road": "Energy|Demand|Transportation|Road",
    "off_road": "Energy|Demand|Transportation|Other",
    "solvent": "Product Use|Solvents",
    "agriculture": "AFOLU|Agriculture",
    "waste_other": "Waste",
}


def tidy(frame: pd.DataFrame, *, where: str) -> pd.DataFrame:
    """Long form of an IAMC table: the index columns, year (int) and value (float), NaN dropped.

    Column names may differ in case; year columns may carry an ``X``.

    Raises
    ------
    InputError
        Missing columns, no years, values that are no numbers.
    """
    names = {str(c).strip().lower(): c for c in frame.columns}
    missing = [c for c in INDEX if c.lower() not in names]
    if missing:
        raise InputError(
            "not an IAMC table",
            where=where,
            value=f"missing {', '.join(missing)}",
            allowed=", ".join(INDEX) + " and year columns",
        )
    years = {
        c: int(str(c).strip().lstrip("Xx"))
        for c in frame.columns
        if str(c).strip().lstrip("Xx").isdigit()
    }
    if not years:
        raise InputError("no year columns in an IAMC table", where=where, allowed="2020 or X2020")
    wide = frame.rename(columns={**{names[c.lower()]: c for c in INDEX}, **years})
    out = wide.melt(id_vars=list(INDEX), value_vars=list(years.values()), var_name="year")
    numbers = pd.to_numeric(out["value"], errors="coerce")
    broken = numbers.isna() & out["value"].notna()
    if broken.any():
        row = out[broken].iloc[0]
        raise InputError(
            "a value that is no number",
            where=f"{where}, {row['Variable']}, {row['year']}",
            value=row["value"],
        )
    return out.assign(value=numbers, year=out["year"].astype(int)).dropna(subset="value")


def reduce_ratio(model: Array, years: Array, history: float, *, until: float) -> Array:
    """Harmonise a series to ``history`` in the first year; the ratio fades to 1 at ``until``.

    Parameters
    ----------
    model : ndarray, shape (year,)
    years : ndarray, shape (year,)
    history : float
        What the first year is, in the unit of ``model``.
    until : float
        Year from which the model holds unchanged.
    """
    beta = np.clip(1.0 - (years - years[0]) / max(until - years[0], 1.0), 0.0, 1.0)
    out: Array = model * (beta * (history / model[0] - 1.0) + 1.0)
    return out


def drivers_from(
    frame: pd.DataFrame,
    *,
    model: str,
    scenario: str,
    years: Sequence[int],
    history: dict[str, float],
    where: str,
) -> dict[str, dict[int, float]]:
    """National drivers of another model, harmonised to our base year.

    Parameters
    ----------
    frame : DataFrame
        :func:`tidy`.
    model, scenario : str
        Which run; empty where the table has only one.
    years : sequence of int
        Base year first.
    history : dict
        Our value of each driver in the base year, in our unit.

    Returns
    -------
    dict
        Driver -> year -> value in our unit; only drivers that the table has. An index such as GDP
        is relative to the base year.

    Raises
    ------
    InputError
        No such run or region, or years that the table does not span.
    """
    rows = _run(_nation(frame), model=model, scenario=scenario, where=where)
    out: dict[str, dict[int, float]] = {}
    for driver, variables in DRIVER_VARIABLES.items():
        for variable in variables:
            series = rows[rows["Variable"] == variable].sort_values("year")
            if len(series) > 1 and driver in history:
                values = _on_years(series, years, where=f"{where}, {variable}")
                out[driver] = _harmonised(values, years, history[driver], index=driver == "gdp")
                break
    share = _nonfossil(rows, years, where=where)
    if share is not None and "nonfossil_share" in history:
        fossil = _harmonised(1.0 - share, years, 1.0 - history["nonfossil_share"], index=True)
        out["nonfossil_share"] = {y: 1.0 - v for y, v in fossil.items()}
    if not out:
        raise InputError(
            "no driver in the IAMC table",
            where=where,
            allowed=", ".join(v for group in DRIVER_VARIABLES.values() for v in group),
        )
    return out


def _provinces() -> dict[str, int]:
    """Two letters, English name and adcode of a province, in lower case -> adcode."""
    from scenair.core.regions import PROVINCE_CODES, PROVINCE_NAMES_EN

    known = {letters.lower(): code for code, letters in PROVINCE_CODES.items()}
    known |= {name.lower().replace(" ", ""): code for code, name in PROVINCE_NAMES_EN.items()}
    return known | {str(code): code for code in PROVINCE_CODES}


def _province_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of provinces, with their adcode in column ``province``."""
    names = frame["Region"].astype(str).str.strip().str.lower()
    # GCAM-China and PyPSA-China style prefixes: China|GD, CHN-Guangdong
    names = names.str.replace(r"^(china|chn)[|_ -]+", "", regex=True).str.replace(" ", "")
    found = frame.assign(province=names.map(_provinces()))
    rows: pd.DataFrame = found.dropna(subset="province").astype({"province": "int32"})
    return rows


def _nation(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of China; the sum of its provinces where the table has only these."""
    rows = frame[frame["Region"].isin(REGIONS)]
    if not rows.empty:
        return rows
    parts = _province_rows(frame)
    if parts["province"].nunique() < len(set(_provinces().values())):
        return rows
    keys = ["Model", "Scenario", "Variable", "Unit", "year"]
    total: pd.DataFrame = parts.groupby(keys)["value"].sum().reset_index()
    return total.assign(Region="China")


def provincial_from(
    frame: pd.DataFrame, *, model: str, scenario: str, years: Sequence[int], where: str
) -> dict[str, dict[int, Array]]:
    """Population and GDP of provinces over those of their sum, base year = 1.

    Returns
    -------
    dict
        ``population`` and ``gdp`` -> province -> index (year,); empty without all provinces.

    Raises
    ------
    InputError
        No such run, or years that the table does not span.
    """
    parts = _province_rows(frame)
    if parts["province"].nunique() < len(set(_provinces().values())):
        return {}
    rows = _run(parts, model=model, scenario=scenario, where=where)
    out: dict[str, dict[int, Array]] = {}
    for driver in ("population", "gdp"):
        for variable in DRIVER_VARIABLES[driver]:
            chosen = rows[rows["Variable"] == variable]
            if chosen.empty:
                continue
            level = {
                int(str(code)): _on_years(
                    part.sort_values("year"), years, where=f"{where}, {variable}, {code}"
                )
                for code, part in chosen.groupby("province")
            }
            total = np.sum(list(level.values()), axis=0)
            out[driver] = {c: v / v[0] / (total / total[0]) for c, v in level.items()}
            break
    return out


def _run(rows: pd.DataFrame, *, model: str, scenario: str, where: str) -> pd.DataFrame:
    """The rows of one model and scenario.

    Raises
    ------
    InputError
        No such run, or several and none is named.
    """
    for column, wanted in (("Model", model), ("Scenario", scenario)):
        found = sorted(rows[column].unique())
        if not wanted and len(found) != 1:
            raise InputError(
                f"the IAMC table has not one {column} for China",
                where=where,
                value=", ".join(found) or "none",
                remedy=f"name it in the scenario file (iamc_{column.lower()})",
            )
        rows = rows[rows[column] == (wanted or found[0])]
        if rows.empty:
            raise InputError(
                f"no such {column} in the IAMC table",
                where=where,
                value=wanted,
                allowed=", ".join(found),
            )
    return rows


def _on_years(series: pd.DataFrame, years: Sequence[int], *, where: str) -> Array:
    known = series["year"].to_numpy(dtype=np.float64)
    if known[0] > years[0] or known[-1] < years[-1]:
        raise InputError(
            "an IAMC series does not span the years",
            where=where,
            value=f"{known[0]:.0f}-{known[-1]:.0f}",
            allowed=f"{years[0]}-{years[-1]}",
        )
    given = series["value"].to_numpy(dtype=np.float64)
    # values far outside the years (some tables end in zeros) say nothing about them
    near = slice(
        int(np.searchsorted(known, years[0], side="right")) - 1,
        int(np.searchsorted(known, years[-1])) + 1,
    )
    known, given = known[near], given[near]
    if (given <= 0).any():
        raise InputError("a driver that is not positive", where=where, value=float(given.min()))
    return smooth(
        dict(zip(known.astype(int).tolist(), given.tolist(), strict=True)), years, log=True
    )


def _harmonised(
    values: Array, years: Sequence[int], history: float, *, index: bool
) -> dict[int, float]:
    grid = np.asarray(years, dtype=np.float64)
    if index:
        fitted: Array = values * (history / values[0])
    else:
        fitted = reduce_ratio(values, grid, history, until=grid[-1])
    return {int(y): float(v) for y, v in zip(years, fitted, strict=True)}


def _nonfossil(rows: pd.DataFrame, years: Sequence[int], *, where: str) -> Array | None:
    """Non-fossil share of generation, None where the table lacks a part."""
    parts = {}
    for variable in (GENERATION, *FOSSIL):
        series = rows[(rows["Variable"] == variable) & (rows["value"] > 0)].sort_values("year")
        if len(series) < 2:
            return None
        parts[variable] = _on_years(series, years, where=f"{where}, {variable}")
    fossil = np.sum([parts[v] for v in FOSSIL], axis=0)
    return np.asarray(np.clip(1.0 - fossil / parts[GENERATION], 0.0, 0.99))


def export(ds: xr.Dataset, *, scenario: str, model: str = "scenair") -> pd.DataFrame:
    """National and provincial results of a trajectory as an IAMC table.

    Parameters
    ----------
    ds : Dataset
        A trajectory: ``emission``, ``electricity_demand`` where it has it.

    Returns
    -------
    DataFrame
        Columns of :data:`INDEX` and one column a year; units ``Mt CO2/yr``, ``Mt SO2/yr`` ...,
        ``EJ/yr``. Aggregates are the sums of their parts.
    """
    from scenair.core.regions import PROVINCE_CODES

    years = [int(y) for y in ds["year"].values]
    national = ds["emission"].sum("city").transpose("species", "sector", "year") / 1e6
    rows: list[dict[str, object]] = []

    def add(region: str, variable: str, unit: str, values: Array) -> None:
        rows.append(
            {
                "Model": model,
                "Scenario": scenario,
                "Region": region,
                "Variable": variable,
                "Unit": unit,
                **dict(zip(map(str, years), values.tolist(), strict=True)),
            }
        )

    for species in SPECIES:
        name = SPECIES_NAMES[species]
        unit = f"Mt {'NO2' if species == 'NOx' else 'SO2' if species == 'SO2' else name}/yr"
        part = national.sel(species=species)
        add("China", f"Emissions|{name}", unit, part.sum("sector").values)
        for sector, label in SECTOR_NAMES.items():
            add("China", f"Emissions|{name}|{label}", unit, part.sel(sector=sector).values)
    province = ds["province_of_city"].values
    by_city = ds["emission"].sum("sector").transpose("species", "year", "city") / 1e6
    for code, letters in PROVINCE_CODES.items():
        inside = province == code
        if inside.any():
            for species in SPECIES:
                name = SPECIES_NAMES[species]
                unit = f"Mt {'NO2' if species == 'NOx' else 'SO2' if species == 'SO2' else name}/yr"
                values = by_city.sel(species=species).values[:, inside].sum(axis=1)
                add(letters, f"Emissions|{name}", unit, values)
    if "electricity_demand" in ds:
        demand = ds["electricity_demand"].sum(["city", "sector"], skipna=False).values * 3.6e-3
        add("China", "Final Energy|Electricity", "EJ/yr", demand)
    return pd.DataFrame(rows)
