"""The rule ``city_targets``: what the limit asks of each city."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from scenair.attainment.allocation import equal_effort, least_cuts
from scenair.attainment.cities import BASIS_FAR
from scenair.attainment.io.model import read_air_quality
from scenair.attainment.io.places import read_monitors
from scenair.attainment.places import weighted_mean
from scenair.attainment.probability import largest_attaining
from scenair.attainment.targets import concentration_after, graded_targets, required_cut
from scenair.config.case import CaseConfig
from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_netcdf, require_finite
from scenair.core.io.tables import read_csv, read_table, write_csv
from scenair.core.periods import days_in_quarters
from scenair.core.units import require_units

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

#: Sources named for each city.
NAMED: Final = 5


def build_city_targets(
    *,
    year: int,
    config: Mapping[str, Any],
    cities: str | Path,
    cities_fused: str | Path,
    air_quality: str | Path,
    monitors: str | Path,
    emissions: str | Path,
    responsibility: str | Path,
    out: str | Path,
) -> None:
    """Cuts that bring every city to its limit: alike everywhere, and at the least total.

    The matrix is linear at the emissions of the year; concentrations are used relative to the
    model's, so monitors decide the excess and the model only who is responsible.

    Parameters
    ----------
    year : int
    config : mapping
        Section ``case``.
    cities, cities_fused, air_quality, monitors : path
        Of the run.
    emissions : path
        ``emissions/cities.nc`` of the run.
    responsibility : path
        ``contribution(receptor, source_city, sector, species)``, ug m-3 (Mg yr-1)-1.
    out : path
        CSV: adcode, name_en, pm25, pm25_modelled, basis, limit, excess,
        graded_target_in_5_years (ug m-3);
        required_cut_of_controlled and equal_effort (shares, everyone alike: by monitor x response,
        and by the matrix); own_share, main_sources (five largest with their share of what is
        controlled); cut (share asked of the city), cut_tonnes (Mg yr-1, without CO), asked_for
        (receptors above their limit that it is linked to; none of basis ``fused_far``), pm25_after
        and shortfall (ug m-3).

    Raises
    ------
    InputError, UnitsError
        Other cities or units, values that are no numbers.
    """
    case = CaseConfig.model_validate(config["case"])
    grid = case.grid.build()
    _, places = read_monitors(monitors, grid=grid)
    run, _ = read_air_quality(air_quality, grid=grid)
    days = days_in_quarters(case.monitor_year)
    modelled, behind = (
        weighted_mean(places.people, np.average(field, axis=0, weights=days).ravel())
        for field in (run.pm25, run.background)
    )
    matrix, emitted = read_contribution(responsibility, emissions, adcodes=case.adcodes())
    fused = read_csv(cities_fused, columns=("adcode", "pm25_best", "basis"))
    known = read_csv(cities, columns=("adcode", "name_en", "pm25_limit"))
    table = known[["adcode", "name_en"]].assign(
        pm25=fused["pm25_best"].astype(float).where(np.isfinite(modelled)),
        pm25_modelled=modelled,
        basis=fused["basis"],
        limit=known["pm25_limit"].astype(float),
    )
    bound = np.array([largest_attaining(v) for v in table["limit"]])
    table["excess"] = (table["pm25"] - bound).clip(lower=0)
    table["graded_target_in_5_years"] = _graded(table, year=year)
    value = table["pm25"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        table["required_cut_of_controlled"] = required_cut(
            value, np.minimum(bound, value), modelled - behind, behind
        )
    write_csv(_with_cuts(table, matrix, emitted), out)


def _graded(table: pd.DataFrame, *, year: int) -> pd.Series:
    """Target of each city five years on, the dirtier the faster; empty without a value."""
    graded = graded_targets(
        table["pm25"].fillna(0.0),
        read_table("attainment/target_grades.csv"),
        base_year=year,
        year=year + 5,
        limit=float(table["limit"].iloc[0]),
    )
    return graded.where(table["pm25"].notna())


def _with_cuts(
    table: pd.DataFrame, matrix: npt.NDArray[np.float64], emitted: npt.NDArray[np.float64]
) -> pd.DataFrame:
    """Who is responsible, and what is asked of whom.

    Parameters
    ----------
    table : DataFrame
        pm25, pm25_modelled, basis, excess of each city.
    matrix : ndarray (receptor, source)
        ug m-3 of the model.
    emitted : ndarray (source,)
        Mg yr-1.
    """
    value, known = table["pm25"].to_numpy(), table["pm25"].notna()
    # the model's concentration stands for the city's: shares of it, not its level, count
    scale = (table["pm25"] / table["pm25_modelled"]).to_numpy()
    given = np.nan_to_num(matrix * scale[:, None])
    excess = table["excess"].fillna(0.0)
    steps = read_table("attainment/target_steps.csv").sort_values("upper")
    plan = least_cuts(
        # what is the model's shape only obliges nobody
        excess.where(table["basis"] != BASIS_FAR, 0.0).to_numpy(),
        given,
        weight=emitted,
        steps=list(steps[["upper", "value"]].itertuples(index=False, name=None)),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        share = matrix / matrix.sum(axis=1, keepdims=True)
    alike = equal_effort(excess.to_numpy(), given, largest=float(steps["upper"].max()))
    return table.assign(
        equal_effort=pd.Series(alike).where(known),
        own_share=np.diag(share),
        main_sources=main_sources(share, table["name_en"].tolist()),
        cut=plan.cut,
        cut_tonnes=plan.cut * emitted,
        asked_for=plan.linked.sum(axis=0),
        pm25_after=concentration_after(value, given, plan.cut),
        shortfall=pd.Series(plan.shortfall).where(known),
    )


def main_sources(share: npt.NDArray[np.float64], names: list[str]) -> list[str]:
    """The largest sources of each receptor with their share, as text; empty without any."""
    order = np.argsort(-share, axis=1, kind="stable")[:, :NAMED]
    return [
        "; ".join(f"{names[j]} {100 * row[j]:.0f} %" for j in best if row[j] >= 0.005)
        for best, row in zip(order, np.nan_to_num(share), strict=True)
    ]


def read_contribution(
    responsibility: str | Path, emissions: str | Path, *, adcodes: tuple[int, ...]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Contribution of each source city to each receptor at the run's emissions.

    Returns
    -------
    matrix : ndarray (receptor, source)
        ug m-3.
    emitted : ndarray (source,)
        Mg yr-1 of the species in the matrix without CO.
    """
    k = open_netcdf(responsibility, variables={"contribution": "ug m-3 (Mg yr-1)-1"})
    e = open_netcdf(emissions, variables=("emission",))["emission"]
    require_units(e, "Mg yr-1", where=str(emissions))
    for da, dim, where in (
        (k, "receptor", responsibility),
        (k, "source_city", responsibility),
        (e, "city", emissions),
    ):
        if dim not in da.dims or da[dim].values.tolist() != list(adcodes):
            raise InputError("other cities than the case's", where=f"{where}, {dim}")
    require_finite(k["contribution"], where=str(responsibility), minimum=None)
    require_finite(e, where=str(emissions))
    species = [str(s) for s in k["species"].values if str(s) in set(e["species"].values)]
    slope = k["contribution"].sel(species=species)
    slope = slope.transpose("receptor", "source_city", "sector", "species")
    chosen = e.sel(species=species, sector=slope["sector"].values)
    amount = chosen.transpose("city", "sector", "species").values.astype(np.float64)
    matrix = np.einsum("rcsp,csp->rc", slope.values, amount, optimize=True)
    # CO is ten times the rest by mass and follows combustion: counted, it would hide the others
    works = np.array([name != "CO" for name in species])
    return np.asarray(matrix, dtype=np.float64), np.asarray(amount[:, :, works].sum(axis=(1, 2)))
