"""Surfaces of all cells from the runs of a design: errors, indicators, isopleths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from scenair.core.errors import InputError
from scenair.surrogate.design_runs import FACTORS, QUANTITIES
from scenair.surrogate.response_surface import (
    ResponseSurface,
    fit,
    isopleth,
    normalised_error,
    peak_ratio,
    voc_to_nox_ratio,
)
from scenair.surrogate.surface_terms import (
    OZONE_TERMS,
    Terms,
    choose_terms,
    parse_term,
    particle_candidates,
    term_name,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

Array = npt.NDArray[np.float64]

#: Least concentration at base of the cells that errors are computed for, ug m-3.
LEAST: Final = {"PM25": 5.0, "O3": 5.0}
#: Ratio of NOx above which the published criterion is meant to hold, and below which any of the
#: factors that limit a quantity is at its margin.
MARGIN: Final = 0.2
#: Largest error of the published criterion; the share of runs and cells above it is told.
LARGEST: Final = 0.10
#: Factors whose shortage bends the response.
LIMITING: Final = {"PM25": ("NOx", "NH3"), "O3": ("NOx", "NMVOC")}


class Fitted(NamedTuple):
    """What :func:`fit_surfaces` gives: the file of surfaces and three tables."""

    surface: xr.Dataset
    errors: pd.DataFrame
    places: pd.DataFrame
    isopleths: pd.DataFrame


def fit_surfaces(table: pd.DataFrame, runs: xr.Dataset, *, places: Mapping[str, int]) -> Fitted:
    """Fit every quantity of the runs, all cells at once, and judge it.

    Parameters
    ----------
    table : DataFrame
        ``use`` (fit, judge) and a column a factor; the first run is the base.
    runs : Dataset
        ``PM25`` and, where there is ozone, ``O3`` (run, y, x), ug m-3; ``nox_emission(y, x)``.
    places : mapping of name -> cell
        Cells whose ozone is shown over NOx and NMVOC.

    Raises
    ------
    InputError
        The first run is not the base.
    """
    ratios = table[list(FACTORS)].to_numpy(dtype=float)
    if not (ratios[0] == 1).all():
        raise InputError("the first run of a design is the base", value=ratios[0].tolist())
    use = (table["use"] == "fit").to_numpy()
    data: dict[str, Any] = {}
    errors: list[dict[str, Any]] = []
    shown, lines = pd.DataFrame(), pd.DataFrame()
    fitted: dict[str, ResponseSurface] = {}
    for name in QUANTITIES:
        if name not in runs:
            continue
        values = runs[name].values.reshape(len(ratios), -1).astype(float)
        terms = terms_of(name, ratios[use], values[use], least=LEAST[name])
        surface = fitted[name] = fit(
            ratios[use], values[use], factors=FACTORS, terms=terms, base=values[0]
        )
        cells = (values[0] >= LEAST[name]) & (runs["nox_emission"].values.ravel() > 0)
        errors += _errors(name, surface, ratios, values, use=use, cells=cells)
        data |= _fields(name, surface, runs.sizes)
        if name == "O3":
            shown, lines = _places(surface, runs, values[0], places)
    # a surface without ozone has no isopleths
    shown = shown if len(shown) else pd.DataFrame({"place": list(places)})
    lines = lines if len(lines) else pd.DataFrame({"place": list(places)})
    coords = {
        "factor": list(FACTORS),
        "y": runs["y"],
        "x": runs["x"],
        **{f"term_{n}": [term_name(t) for t in s.terms] for n, s in fitted.items()},
    }
    ds = xr.Dataset(data, coords=coords)
    ds["crs"], ds["nox_emission"] = runs["crs"], runs["nox_emission"]
    ds["lowest_ratio"] = (("factor",), ratios[use].min(axis=0), {"units": "1"})
    ds["highest_ratio"] = (("factor",), ratios[use].max(axis=0), {"units": "1"})
    return Fitted(ds, pd.DataFrame(errors), shown, lines)


def terms_of(name: str, ratios: Array, values: Array, *, least: float) -> Terms:
    """Terms of a quantity: those of ozone are given, those of PM2.5 chosen from these runs.

    Parameters
    ----------
    name : str
    ratios : (runs, factors)
    values : (runs, cells)
        Of the runs to fit; the first is the base.
    least : float
        Concentration at base from which a cell has a say, ug m-3.
    """
    if name == "O3":
        return OZONE_TERMS
    cells = values[0] >= min(least, float(values[0].max()))
    return choose_terms(
        ratios, values[:, cells], base=values[0, cells], factors=FACTORS,
        candidates=particle_candidates(),
    )  # fmt: skip


def read_surface(ds: xr.Dataset, quantity: str) -> ResponseSurface:
    """A surface from its file; its ``predict`` refuses ratios outside the sampled range."""
    values = ds[f"coefficient_{quantity}"].values
    base = ds[f"base_{quantity}"].values.ravel()
    low, high = ds["lowest_ratio"].values, ds["highest_ratio"].values
    return ResponseSurface(
        tuple(map(str, ds["factor"].values)),
        tuple(parse_term(str(name)) for name in ds[f"term_{quantity}"].values),
        values.reshape(len(values), -1), base, low, high, np.empty((0, base.size)),
    )  # fmt: skip


def _fields(name: str, surface: ResponseSurface, sizes: Mapping[Any, int]) -> dict[str, Any]:
    shape = (sizes["y"], sizes["x"])
    out: dict[str, Any] = {
        f"coefficient_{name}": (
            (f"term_{name}", "y", "x"),
            surface.coefficients.reshape(-1, *shape),
            {"units": "ug m-3", "long_name": "of products of (ratio - 1)"},
        ),
        f"base_{name}": (("y", "x"), surface.base.reshape(shape), {"units": "ug m-3"}),
        f"loo_error_{name}": (
            ("y", "x"),
            np.nan_to_num(np.abs(surface.loo_error)).mean(axis=0).reshape(shape),
            {"units": "1", "long_name": "mean leave-one-out error over the concentration"},
        ),
    }
    if name == "O3":
        words = "NOx ratio of highest ozone; below 1 ozone is limited by VOC"
        peak, need = peak_ratio(surface), voc_to_nox_ratio(surface)
        out["peak_ratio"] = (("y", "x"), peak.reshape(shape), {"units": "1", "long_name": words})
        words = "relative NMVOC cut per relative NOx cut that keeps ozone from rising"
        out["voc_to_nox"] = (("y", "x"), need.reshape(shape), {"units": "1", "long_name": words})
    return out


def _errors(
    name: str,
    surface: ResponseSurface,
    ratios: Array,
    values: Array,
    *,
    use: npt.NDArray[np.bool_],
    cells: npt.NDArray[np.bool_],
) -> list[dict[str, Any]]:
    """Normalised errors of left-out and held-out runs: all, and those at and off the margins.

    A left-out run that is not between the others is predicted by extrapolation, which a user of
    the surface is refused; ``n_outside`` counts them.
    """
    actual = {"left_out": values[use], "held_out": values[~use]}
    # leave-one-out: prediction of each run by a fit without it
    predicted = {
        "left_out": values[use] * (1 - surface.loo_error),
        "held_out": surface.predict(ratios[~use]),
    }
    points = {"left_out": ratios[use], "held_out": ratios[~use]}
    outside = {
        "left_out": _outside(ratios[use], None), "held_out": _outside(ratios[~use], ratios[use]),
    }  # fmt: skip
    limiting = [FACTORS.index(factor) for factor in LIMITING[name]]
    rows = []
    for kind, at in points.items():
        interior = (at[:, limiting] > MARGIN).all(axis=1)
        parts = {
            "all": np.ones_like(interior),
            "nox_over_margin": at[:, FACTORS.index("NOx")] > MARGIN,
            "interior": interior,
            "margin": ~interior,
        }
        for part, keep in parts.items():
            if not keep.any():
                continue
            a, p = actual[kind][keep][:, cells], predicted[kind][keep][:, cells]
            error = normalised_error(p, a)
            rows.append(
                {
                    "quantity": name,
                    "runs": kind,
                    "part": part,
                    "n_runs": int(keep.sum()),
                    "n_outside": int((keep & outside[kind]).sum()),
                    "n_cells": int(cells.sum()),
                    "mne": float(error.mean()),
                    "p99_ne": float(np.quantile(error, 0.99)),
                    "max_ne": float(error.max()),
                    "share_over": float((error > LARGEST).mean()),
                    "r": float(np.corrcoef(a.ravel(), p.ravel())[0, 1]),
                }
            )
    return rows


def _outside(points: Array, others: Array | None) -> npt.NDArray[np.bool_]:
    """Which points are no weighted mean of ``others``, or of the remaining points without them."""
    from scipy.optimize import linprog

    out = []
    for i, point in enumerate(points):
        corners = np.delete(points, i, axis=0) if others is None else others
        equal = np.vstack([corners.T, np.ones(len(corners))])
        found = linprog(
            np.zeros(len(corners)), A_eq=equal, b_eq=np.append(point, 1.0), bounds=(0, None)
        )
        out.append(not found.success)
    return np.array(out)


def _places(
    surface: ResponseSurface, runs: xr.Dataset, base: Array, places: Mapping[str, int]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Indicators of the places and their ozone over NOx and NMVOC."""
    xs, ys, values = isopleth(surface, x="NOx", y="NMVOC")
    peak, need = peak_ratio(surface), voc_to_nox_ratio(surface)
    emission = runs["nox_emission"].values.ravel()
    rows, lines = [], []
    nox, voc = np.meshgrid(xs, ys)
    for place, cell in places.items():
        rows.append(
            {
                "place": place,
                "o3_base": base[cell],
                "nox_emission_ug_s": emission[cell],
                "peak_ratio": peak[cell],
                "regime": "NMVOC" if peak[cell] < 1 else "NOx",
                "voc_to_nox": need[cell],
            }
        )
        lines.append(
            pd.DataFrame(
                {
                    "place": place,
                    "nox_ratio": nox.ravel(),
                    "nmvoc_ratio": voc.ravel(),
                    "o3": values[..., cell].ravel(),
                }
            )
        )
    return pd.DataFrame(rows), pd.concat(lines, ignore_index=True)
