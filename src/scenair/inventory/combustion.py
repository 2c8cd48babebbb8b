"""Point-source model: what a boiler emits from fuel quality, furnace and controls.

Sulphur: ``SO2 = 2 x fuel x S x (1 - retained) x (1 - removal)``. Ash: ``PM = fuel x ash x
(1 - bottom) x fraction x (1 - removal)``. Nitrogen: factor by furnace. CO2: ``fuel x heat value x
carbon x oxidation x 44/12``. Forms of MEIC's unit-based inventory of coal power plants (Liu et al.
2015). Missing fields are filled along unit -> plant -> city median -> province mean -> national
default, and every fill is recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

#: SO2 over S and CO2 over C by mass.
SO2_OVER_S: Final = 64.0638 / 32.06
CO2_OVER_C: Final = 44.0095 / 12.011

#: Order of the imputation chain; the index is what the flag stores.
CHAIN: Final = ("reported", "plant", "city median", "province mean", "national default")
#: Fields that can be filled, with the allowed range (unit of the schema).
FIELDS: Final[dict[str, tuple[float, float]]] = {
    "sulfur": (0.0, 8.0),
    "ash": (0.0, 70.0),
    "heat_value": (3.0, 60.0),
    "operation": (0.0, 1.0),
}
WORDS: Final = ("boiler", "dust_control", "so2_control", "nox_control")


def impute(units: pd.DataFrame, defaults: Mapping[str, object]) -> pd.DataFrame:
    """Fill missing fields along the chain and flag each fill.

    Parameters
    ----------
    units : DataFrame
        plant, city, province, the fields of :data:`FIELDS` and :data:`WORDS` (missing allowed).
    defaults : mapping
        National default of every field.

    Returns
    -------
    DataFrame
        With all fields filled and ``<field>_from`` (index into :data:`CHAIN`).

    Raises
    ------
    InputError
        A value outside its range.
    """
    out = units.copy()
    for field, (low, high) in FIELDS.items():
        values = pd.to_numeric(out.get(field, pd.Series(np.nan, index=out.index)), errors="coerce")
        bad = values.notna() & ~values.between(low, high)
        if bad.any():
            raise InputError(
                "a fuel property outside its range",
                where=f"column {field}, row {int(bad.to_numpy().argmax()) + 2}",
                value=float(values[bad].iloc[0]),
                allowed=f"{low:g} to {high:g}",
            )
        out[field], out[f"{field}_from"] = _chain(out, values, defaults[field], "mean")
    for field in WORDS:
        words = out.get(field, pd.Series(None, index=out.index, dtype=object)).astype(object)
        out[field], out[f"{field}_from"] = _chain(out, words, defaults[field], "mode")
    return out


def _chain(
    units: pd.DataFrame, values: pd.Series, default: object, kind: str
) -> tuple[pd.Series, pd.Series]:
    """Values filled step by step, and the step that gave each."""
    steps = [
        _by_group(units["plant"], values, "mean" if kind == "mean" else "mode"),
        _by_group(units["city"], values, "median" if kind == "mean" else "mode"),
        _by_group(units["province"], values, kind),
        pd.Series(default, index=units.index),
    ]
    filled = values.copy()
    source = pd.Series(np.where(values.notna(), 0, -1), index=units.index)
    for number, step in enumerate(steps, start=1):
        use = filled.isna() & step.notna()
        filled = filled.where(~use, step)
        source = source.where(~use, number)
    return filled, source.astype(int)


def _by_group(group: pd.Series, values: pd.Series, how: str) -> pd.Series:
    if values.notna().sum() == 0:
        return pd.Series(np.nan, index=values.index, dtype=object)
    known = values.notna()
    if how == "mode":
        # the most frequent word, the first in the alphabet where two are as frequent
        count = pd.crosstab(group[known], values[known])
        table = count.idxmax(axis=1)
    else:
        table = values[known].groupby(group[known]).agg(how)
    return group.map(table)


def _lookup(table: pd.DataFrame, words: pd.Series, quantity: str) -> Array:
    rows = table[table["quantity"] == quantity].set_index("word")["value"]
    out = words.map(rows)
    if out.isna().any():
        raise InputError(
            f"unknown word for {words.name}",
            value=words[out.isna()].iloc[0],
            allowed=", ".join(map(str, rows.index)),
        )
    return np.asarray(out, dtype=np.float64)


def unit_emissions(units: pd.DataFrame, parameters: pd.DataFrame) -> pd.DataFrame:
    """Emission of coal-fired units, Mg yr-1.

    Parameters
    ----------
    units : DataFrame
        fuel_use (Mg yr-1), sulfur, ash (percent), heat_value (GJ Mg-1), boiler, dust_control,
        so2_control, nox_control, operation; all filled (:func:`impute`).
    parameters : DataFrame
        word, quantity, value of ``resources/inventory/combustion.csv``.

    Returns
    -------
    DataFrame
        SO2, NOx (as NO2), PM25, PM10, CO2.

    Raises
    ------
    InputError
        Fuel use below zero or missing, unknown words.
    """
    fuel = units["fuel_use"].to_numpy(np.float64)
    if not (np.isfinite(fuel) & (fuel >= 0)).all():
        row = int(np.argmax(~(np.isfinite(fuel) & (fuel >= 0))))
        raise InputError("fuel use below zero or missing", where=f"row {row + 2}", value=fuel[row])
    furnace = units["boiler"]
    runs = units["operation"].to_numpy(np.float64)

    def kept(words: pd.Series, quantity: str) -> Array:
        return np.asarray(1 - _lookup(parameters, words, quantity) * runs, dtype=np.float64)

    # wet scrubbing of sulphur takes dust along
    sulfur_dust = kept(units["so2_control"], "removal_pm_by_fgd")
    so2 = (
        fuel * units["sulfur"].to_numpy(np.float64) / 100 * SO2_OVER_S
        * (1 - _lookup(parameters, furnace, "sulfur_retained"))
        * kept(units["so2_control"], "removal_so2")
    )  # fmt: skip
    fly = fuel * units["ash"].to_numpy(np.float64) / 100 * (
        1 - _lookup(parameters, furnace, "ash_bottom")
    )  # fmt: skip
    fine = fly * _lookup(parameters, furnace, "fraction_pm25")
    coarse = fly * _lookup(parameters, furnace, "fraction_pm10") - fine
    dust = units["dust_control"]
    pm25 = fine * kept(dust, "removal_pm25") * sulfur_dust
    pm_coarse = coarse * kept(dust, "removal_pmc") * sulfur_dust
    nox = (
        fuel * _lookup(parameters, furnace, "nox_factor") * 1e-3
        * kept(units["nox_control"], "removal_nox")
    )  # fmt: skip
    heat = units["heat_value"].to_numpy(np.float64)
    co2 = (
        fuel * heat * _lookup(parameters, furnace, "carbon")
        * _lookup(parameters, furnace, "oxidation") * CO2_OVER_C
    )  # fmt: skip
    return pd.DataFrame(
        {"SO2": so2, "NOx": nox, "PM25": pm25, "PM10": pm25 + pm_coarse, "CO2": co2},
        index=units.index,
    )


def reconcile(
    points: pd.DataFrame, totals: pd.DataFrame, *, keys: Sequence[str], tolerance: float = 0.02
) -> pd.DataFrame:
    """Points against the totals they belong to.

    A residual of zero or more stays area source. Points that exceed the total by no more than
    ``tolerance`` are scaled down without a word; beyond it they are scaled down and flagged.

    Parameters
    ----------
    points, totals : DataFrame
        ``keys`` and ``value`` (same unit).

    Returns
    -------
    DataFrame
        keys, total, points, residual (>= 0), scale (factor on the points), status
        (``residual``, ``scaled``, ``conflict``, ``no total``).
    """
    sums = points.groupby(list(keys))["value"].sum().rename("points")
    frame = totals.set_index(list(keys))["value"].rename("total").to_frame()
    frame = frame.join(sums, how="outer").fillna({"points": 0.0})
    excess = frame["points"] / frame["total"] - 1
    frame["scale"] = (frame["total"] / frame["points"]).where(excess > 0, 1.0).fillna(1.0)
    frame["residual"] = (frame["total"] - frame["points"] * frame["scale"]).clip(lower=0)
    frame["status"] = np.select(
        [frame["total"].isna(), excess > tolerance, excess > 0],
        ["no total", "conflict", "scaled"],
        "residual",
    )
    return frame.reset_index()
