"""The stage's cited tables, read and shaped."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scenair.core.errors import InputError
from scenair.core.io.paths import resources
from scenair.core.io.tables import read_table
from scenair.projection.controls import build_chains
from scenair.projection.drivers import Observed
from scenair.projection.housing import Dwellings
from scenair.projection.library import Parameter, build_library
from scenair.projection.tables import Tables
from scenair.projection.vehicles import STANDARDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

FOLDER = "projection"


def _table(name: str) -> pd.DataFrame:
    return read_table(f"{FOLDER}/{name}.csv")


def user_table(path: str | Path, *, dtype: Mapping[str, str] | None = None) -> pd.DataFrame:
    """A user's cited table by a path from the working directory.

    It is read, and recorded, relative to ``resources/``, so that no path of a machine gets into a
    result.
    """
    name = os.path.relpath(Path(path).resolve(), resources().resolve())
    return read_table(name, dtype=dtype)


def read_measures(
    *, base_year: int, user: Sequence[str | Path] = ()
) -> tuple[dict[str, tuple[Parameter, ...]], pd.DataFrame]:
    """The shipped measures and the user's; user rows add measures, they do not change ours.

    Returns
    -------
    library, raises
        ``raises`` has the columns measure, sector, species.

    Raises
    ------
    InputError
        A user's measure with the name of a shipped one, or anything
        :func:`scenair.projection.library.build_library` refuses.
    """
    frames = [_table("measures")]
    raises = [_table("measure_raises")[["measure", "sector", "species"]]]
    known = set(frames[0]["measure"])
    for path in user:
        rows = user_table(path)
        missing = [
            c
            for c in ("measure", "sector", "parameter", "operator", "level", "year")
            if c not in rows.columns
        ]
        if missing:
            raise InputError("columns missing", where=str(path), value=", ".join(missing))
        clash = sorted(known & set(rows["measure"]))
        if clash:
            raise InputError(
                "a measure of that name ships already",
                where=str(path),
                value=", ".join(clash),
                remedy="choose another name",
            )
        known |= set(rows["measure"])
        declared = rows["operator"] == "raises"
        if declared.any():
            raises.append(
                rows.loc[declared, ["measure", "sector"]].assign(species=rows.loc[declared, "to"])
            )
        frames.append(rows[~declared])
    library = build_library(pd.concat(frames, ignore_index=True), base_year=base_year)
    return library, pd.concat(raises, ignore_index=True)


def _nested(frame: pd.DataFrame, outer: list[str], inner: str) -> dict[Any, dict[Any, float]]:
    out: dict[Any, dict[Any, float]] = {}
    for row in frame.to_dict("records"):
        key = tuple(row[k] for k in outer) if len(outer) > 1 else row[outer[0]]
        out.setdefault(key, {})[row[inner]] = float(row["value"])
    return out


def read_resources(*, base_year: int, user_measures: Sequence[str | Path] = ()) -> Tables:
    """All tables of the stage.

    Raises
    ------
    InputError
        As the readers of the single tables.
    """
    library, raises = read_measures(base_year=base_year, user=user_measures)
    parameters = _table("parameters")
    drivers = _table("national_drivers")
    factors = _table("vehicle_factors")
    standards = _table("vehicle_standards")
    ovens = _table("coking_vintages")
    national: dict[str, dict[str, dict[int, float]]] = {}
    for row in drivers.to_dict("records"):
        series = national.setdefault(row["set"], {}).setdefault(row["variable"], {})
        series[int(row["year"])] = float(row["value"])
    vehicle_factors: dict[str, dict[str, npt.NDArray[np.float64]]] = {}
    for (vehicle, species), rows in factors.groupby(["vehicle", "species"]):
        by_standard = dict(zip(rows["standard"], rows["value"], strict=True))
        vehicle_factors.setdefault(str(vehicle), {})[str(species)] = np.array(
            [float(by_standard[s]) for s in STANDARDS]
        )
    starts: dict[str, dict[str, dict[str, int]]] = {}
    for row in standards.to_dict("records"):
        starts.setdefault(row["policy"], {}).setdefault(row["vehicle"], {})[row["standard"]] = int(
            row["value"]
        )
    return Tables(
        library=library,
        raises=raises,
        names=_table("measure_names"),
        chains=build_chains(
            _table("control_technologies"),
            _table("control_shares"),
            _table("control_coeffects"),
            _table("control_fugitive"),
        ),
        parameters={str(r["parameter"]): float(r["value"]) for r in parameters.to_dict("records")},
        elasticities=_nested(_table("elasticities"), ["sector", "source_name"], "driver"),
        national=national,
        electricity={
            str(r["sector"]): float(r["value"])
            for r in _table("electricity_use").to_dict("records")
        },
        efficiency={
            (str(r["sector"]), str(r["source_name"])): float(r["value"])
            for r in _table("end_use_efficiency").to_dict("records")
        },
        default_factors=_nested(_table("default_factors"), ["sector", "source_name"], "species"),
        key_provinces=tuple(int(p) for p in _table("key_regions")["province"]),
        vehicle_factors=vehicle_factors,
        vehicle_starts=starts,
        dwellings=_dwellings(),
        heat_use={
            (str(r["sector"]), str(r["source_name"])): float(r["value"])
            for r in _table("heat_use").to_dict("records")
        },
        oven_start=_by_year(ovens)[0],
        oven_share=_by_year(ovens)[1],
        grid_regions={
            int(r["adcode"]): str(r["value"]) for r in _table("grid_regions").to_dict("records")
        },
        grid_nonfossil={
            str(r["region"]): float(r["value"]) for r in _table("grid_nonfossil").to_dict("records")
        },
        provincial_electricity={
            int(r["province"]): float(r["value"])
            for r in _table("province_electricity").to_dict("records")
        },
    )


def _by_year(frame: pd.DataFrame) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Rows of first_year, last_year and value (a share) spread evenly over their years.

    Raises
    ------
    InputError
        Shares that do not sum to 1.
    """
    total = float(frame["value"].sum())
    if abs(total - 1.0) > 1e-9 or (frame["value"] < 0).any():
        raise InputError("shares by year of construction do not sum to 1", value=total, allowed="1")
    start: list[float] = []
    share: list[float] = []
    for row in frame.to_dict("records"):
        years = range(int(row["first_year"]), int(row["last_year"]) + 1)
        start += list(map(float, years))
        share += [float(row["value"]) / len(years)] * len(years)
    return np.array(start), np.array(share)


def _dwellings() -> Dwellings:
    frame = _table("building_stock")
    start, share = _by_year(frame[frame["quantity"] == "share"])
    heat = np.zeros(start.size)
    for row in frame[frame["quantity"] == "heat"].to_dict("records"):
        inside = (start >= int(row["first_year"])) & (start <= int(row["last_year"]))
        heat[inside] = float(row["value"])
    return Dwellings(start=start, share=share, heat=heat)


def read_features(cities: npt.NDArray[np.int32], *, yearbook: str = "") -> pd.DataFrame:
    """City features, one row a city in the order given, a column a feature.

    Parameters
    ----------
    yearbook : str
        A user's table of the same form (columns adcode, feature and provenance); its rows win.

    Raises
    ------
    InputError
        A city without a feature.
    """
    frame = read_table(f"{FOLDER}/city_features.csv.gz")
    wide = frame.pivot_table(index="adcode", columns="feature", values="value")
    if yearbook:
        own = user_table(yearbook, dtype={"adcode": "int64"})
        extra = own.pivot_table(index="adcode", columns="feature", values="value")
        wide = extra.combine_first(wide)
        wide.attrs["yearbook"] = sorted(extra.columns)
    found = wide.reindex(cities)
    missing = found.index[found.isna().any(axis=1)]
    if len(missing):
        raise InputError(
            "cities without features",
            where=yearbook or "city_features.csv.gz",
            value=", ".join(map(str, missing[:5])) + (" ..." if len(missing) > 5 else ""),
            allowed=", ".join(map(str, wide.columns)),
            remedy="give every feature for every city of the case",
        )
    found.attrs = dict(wide.attrs)
    return found


def read_trend(province: npt.NDArray[np.int32], *, diverge: int) -> npt.NDArray[np.float64]:
    """Growth of GDP of each city's province less the nation's (yr-1), as known when the scenario
    leaves history."""
    frame = _table("province_trends")
    period = "2013-2017" if diverge <= 2018 else "2017-2023"
    rows = frame[(frame["variable"] == "gdp") & (frame["period"] == period)]
    series = rows.set_index("province")["value"].astype(float)
    return np.asarray(series.reindex(province).to_numpy(), dtype=np.float64)


def read_observed(province: npt.NDArray[np.int32], *, base_year: int, diverge: int) -> Observed:
    """Annual provincial statistics after the base year, as known when the scenario leaves history.

    Raises
    ------
    InputError
        A province without statistics.
    """
    frame = _table("province_annual")
    known = {}
    for name in ("gdp", "population", "vehicles"):
        rows = frame[(frame["variable"] == name) & (frame["year"] < diverge)]
        wide = rows.pivot_table(index="year", columns="province", values="value").sort_index()
        wide = wide[wide.index > base_year].reindex(columns=province)
        if wide.isna().any(axis=None):
            raise InputError(
                "a province without annual statistics",
                where=f"province_annual.csv, {name}",
                value=str(wide.columns[wide.isna().any()][0]),
            )
        start = np.ones((1, province.size))
        known[name] = np.concatenate([start, wide.to_numpy(dtype=np.float64)])
    return Observed(**known)
