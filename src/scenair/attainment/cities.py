"""The city table and double attainment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.attainment.places import weighted_mean
from scenair.attainment.probability import probability
from scenair.attainment.rounding import attains

if TYPE_CHECKING:
    import numpy.typing as npt

    from scenair.attainment.assess import Estimate, MonitorSet
    from scenair.attainment.places import Places
    from scenair.attainment.probability import Uncertainty

CLASSES: Final = ("both", "attains_only", "peaked_only", "neither")
#: What the value of a city rests on; ``fused_far`` is the model's shape only.
BASIS_MONITOR: Final = "monitor"
BASIS_FUSED: Final = "fused"
BASIS_FAR: Final = "fused_far"
#: Beyond this a fused value is the model's shape only, km (leave-one-out skill is of nearer ones).
FAR_KM: Final = 200.0


@dataclass(frozen=True)
class Judgement:
    """Which limits judge a year.

    Attributes
    ----------
    profile : str
        Name of the standard.
    pm25_limit : float
        Annual PM2.5, ug m-3.
    o3_limit : float or None
        90th percentile of MDA8, ug m-3.
    """

    profile: str
    pm25_limit: float
    o3_limit: float | None


def city_table(
    units: pd.DataFrame,
    monitors: MonitorSet,
    result: Estimate,
    judgement: Judgement,
    *,
    city_type: pd.Series,
    population: pd.Series,
    o3_response: pd.Series | None = None,
) -> pd.DataFrame:
    """Table ``cities.csv``: one row a unit; values only where a prefecture-level record exists.

    Parameters
    ----------
    units : DataFrame
        Index adcode; name_zh, name_en, province, level.
    city_type, population, o3_response : Series
        By adcode; persons; 1.
    """
    own = monitors.table["level"].eq("prefecture").to_numpy()
    codes = monitors.table["adcode"].to_numpy()[own]
    base = pd.Series(result.base_annual[own], index=codes).reindex(units.index)
    value = pd.Series(result.future_annual[own], index=codes).reindex(units.index)
    nothing = np.full(len(units), np.nan)
    ozone = nothing if o3_response is None else o3_response.reindex(units.index).to_numpy()
    return pd.DataFrame(
        {
            "adcode": units.index.to_numpy(),
            "name_zh": units["name_zh"].to_numpy(),
            "name_en": units["name_en"].to_numpy(),
            "province": units["province"].to_numpy(),
            "city_type": city_type.reindex(units.index).to_numpy(),
            "population": population.reindex(units.index).to_numpy(),
            "monitored": value.notna().to_numpy(),
            "pm25_base": base.to_numpy(),
            "pm25": value.to_numpy(),
            "pm25_limit": judgement.pm25_limit,
            "pm25_attains": attains(value.to_numpy(), judgement.pm25_limit, pollutant="PM25"),
            "o3_base": nothing,
            "o3": nothing,
            "o3_limit": np.nan if judgement.o3_limit is None else judgement.o3_limit,
            "o3_attains": pd.array([pd.NA] * len(units), dtype="boolean"),
            "o3_response_factor": ozone,
            "standard": judgement.profile,
        }
    )


def fused_city_table(
    cities: pd.DataFrame,
    places: Places,
    base: npt.NDArray[np.float64],
    future: npt.NDArray[np.float64],
    *,
    nearest_km: npt.NDArray[np.float64],
    uncertainty: Uncertainty,
    co2_ratio: pd.Series,
) -> pd.DataFrame:
    """City means of the fused annual fields, beside the monitored value.

    Parameters
    ----------
    cities : DataFrame
        From :func:`city_table`.
    places : Places
    base, future : ndarray (cell,)
        Fused annual fields over the whole grid (flat, NaN outside the units), ug m-3.
    nearest_km : ndarray (cell,)
        Distance to the nearest monitor over the whole grid (NaN outside the units).
    uncertainty : Uncertainty
        Behind ``probability_attains``.
    co2_ratio : Series
        CO2 over that of the monitor year, by adcode.

    Returns
    -------
    DataFrame
        adcode; pm25_fused_population_base, pm25_fused_population, pm25_fused_area; ``pm25_best``
        (monitor, or population-weighted fused field where there is none), ``basis`` (``monitor``,
        ``fused``, ``fused_far`` beyond 200 km of any monitor) and ``best_attains``; ``margin``
        (limit less best, ug m-3), ``probability_attains``, ``pm25_ratio`` and ``co2_ratio`` (over
        the monitor year); ``nearest_monitor_km`` (population-weighted).
    """
    people_base = weighted_mean(places.people, base)
    people = weighted_mean(places.people, future)
    area = weighted_mean(places.area, future)
    monitored = cities["monitored"].to_numpy()
    best = np.where(monitored, cities["pm25"].to_numpy(), people)
    distance = weighted_mean(places.people, nearest_km)
    estimate = np.where(distance > FAR_KM, BASIS_FAR, BASIS_FUSED)
    basis = np.where(monitored, BASIS_MONITOR, np.where(np.isfinite(people), estimate, ""))
    ratio = best / np.where(monitored, cities["pm25_base"].to_numpy(), people_base)
    limit = cities["pm25_limit"].to_numpy()
    return pd.DataFrame(
        {
            "adcode": cities["adcode"],
            "monitored": monitored,
            "pm25_fused_population_base": people_base,
            "pm25_fused_population": people,
            "pm25_fused_area": area,
            "pm25_best": best,
            "basis": basis,
            "best_attains": attains(best, limit, pollutant="PM25"),
            "nearest_monitor_km": distance,
            "margin": limit - best,
            "probability_attains": probability(best, ratio, limit, uncertainty),
            "pm25_ratio": ratio,
            "co2_ratio": co2_ratio.reindex(cities["adcode"]).to_numpy(),
        }
    )


def double_table(
    cities: pd.DataFrame, *, peak_year: pd.Series, peaked: pd.Series, year: int, projected: bool
) -> pd.DataFrame:
    """Table ``double.csv``: CO2 peak and PM2.5 attainment of each unit.

    A city has peaked by ``year`` where its series ever peaks (``peaked``) and the peak lies at or
    before ``year``. A history run has no future, so its ``peaked`` stays empty.

    Parameters
    ----------
    cities : DataFrame
        From :func:`city_table`.
    peak_year, peaked : Series
        By adcode: last year of the maximum; 1 where this is not the last year of the series.
    year : int
    projected : bool
        False for history.
    """
    codes = cities["adcode"]
    years = peak_year.reindex(codes).to_numpy()
    by_now = (peaked.reindex(codes).to_numpy() == 1) & (years <= year)
    has_peaked = pd.Series(pd.arrays.BooleanArray(by_now, np.full(len(codes), not projected)))
    return pd.DataFrame(
        {
            "adcode": codes,
            "city_type": cities["city_type"],
            "monitored": cities["monitored"],
            "co2_peak_year": pd.array(
                [int(y) if projected else pd.NA for y in years], dtype="Int64"
            ),
            "peaked": has_peaked,
            "pm25_attains": cities["pm25_attains"],
            "class": classify(cities["pm25_attains"], has_peaked),
        }
    )


def classify(attained: pd.Series, peaked: pd.Series) -> list[str]:
    """``both``, ``attains_only``, ``peaked_only`` or ``neither``; empty where either is missing.

    Parameters
    ----------
    attained, peaked : Series of boolean
        Nullable.
    """
    known = (attained.notna() & peaked.notna()).to_numpy()
    a = attained.fillna(value=False).to_numpy(bool)
    p = peaked.fillna(value=False).to_numpy(bool)
    index = np.where(a, np.where(p, 0, 1), np.where(p, 2, 3))
    return [CLASSES[i] if ok else "" for i, ok in zip(index, known, strict=True)]
