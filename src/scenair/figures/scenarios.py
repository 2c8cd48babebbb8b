"""Scenarios of one year beside each other: the figures of a paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scenair.figures.charts import CLASS_STYLE
from scenair.figures.style import PRETTY, finish_panels, new_figure, pretty_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def outcomes(
    summaries: Mapping[str, Mapping[str, Any]],
    doubles: Mapping[str, pd.DataFrame],
    *,
    other_limit: float,
) -> pd.DataFrame:
    """Headline figures by scenario, with their range over the background.

    Parameters
    ----------
    summaries : mapping of title -> summary.json
    doubles : mapping of title -> double.csv
    other_limit : float
        Limit shown beside the one in force, ug m-3.

    Returns
    -------
    DataFrame
        Index title; for each of force, other (per cent of monitored cities) and weighted
        (ug m-3): the central value and ``_low``, ``_high``; peaked (per cent of units).
    """
    rows = {}
    for title, summary in summaries.items():
        table = pd.DataFrame(summary["sensitivity"])
        table["share"] = 100.0 * table["n_attain_monitored"] / table["n_monitored"]
        force = table[table["basis"] == "in force"].set_index("background_factor")
        other = table[(table["basis"] == "comparison") & (table["limit"] == other_limit)]
        row: dict[str, float] = {}
        for name, series in (
            ("force", force["share"]),
            ("other", other.set_index("background_factor")["share"]),
            ("weighted", force["population_weighted_pm25"].astype(float)),
        ):
            row[name] = float(series.get(1.0, np.nan))
            row[f"{name}_low"], row[f"{name}_high"] = float(series.min()), float(series.max())
        row["peaked"] = 100.0 * float(as_true(doubles[title]["peaked"]).mean())
        rows[title] = row
    return pd.DataFrame(rows).T


def as_true(column: pd.Series) -> pd.Series[bool]:
    """``true`` as True, all else as False."""
    return column.astype(str).str.lower() == "true"


def peaked_by_type(doubles: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Per cent of units peaked: index city type (``all`` first), columns scenario."""
    columns = {}
    for title, table in doubles.items():
        peaked = as_true(table["peaked"]) * 100.0
        by_type = peaked.groupby(table["city_type"]).mean().sort_index()
        columns[title] = pd.concat([pd.Series({"all": peaked.mean()}), by_type])
    return pd.DataFrame(columns)


def trajectories_chart(
    totals: Mapping[str, xr.DataArray],
    *,
    colors: Mapping[str, str],
    species: Sequence[str],
    base_year: int,
    heading: str,
) -> Figure:
    """Total of every species in every scenario.

    Parameters
    ----------
    totals : mapping of title -> DataArray (year, sector, species)
        Tg yr-1.
    colors : mapping of title -> colour
    species : sequence of str
    base_year : int
        Last history year.
    heading : str
    """
    rows = -(-len(species) // 5)
    fig = new_figure(11.75, 2.0 * rows + 0.9)
    axes = fig.subplots(rows, 5, squeeze=False)
    for ax, name in zip(axes.flat, species, strict=False):
        top = 0.0
        for k, (title, total) in enumerate(totals.items()):
            series = total.sel(species=name).sum("sector")
            later = series.sel(year=slice(base_year, None))
            # earlier lines are wider, so that a later one on the same path doesn't hide them
            width = 1.2 + 1.8 * (len(totals) - 1 - k) / max(1, len(totals) - 1)
            ax.plot(later["year"], later.values, color=colors[title], linewidth=width, label=title)
            past = series.sel(year=slice(None, base_year))
            top = max(top, float(series.max()))
        ax.plot(past["year"], past.values, color="black", linewidth=1.4, label="History")
        ax.set_ylim(0, 1.08 * top or 1.0)
        ax.set_title(PRETTY[name])
        ax.grid(axis="y", color="#EBEBEB", linewidth=0.5)
    finish_panels(fig, axes, used=len(species), heading=heading)
    return fig


def outcome_chart(
    table: pd.DataFrame,
    *,
    colors: Mapping[str, str],
    limit: float,
    other_limit: float,
    heading: str,
) -> Figure:
    """Bars of :func:`outcomes`, one panel a figure."""
    fig = new_figure(12.0, 0.42 * len(table) + 1.6)
    bars = [colors[str(title)] for title in table.index]
    panels = (
        ("force", f"cities at or below {limit:g} (limit in force), %", 100.0),
        ("other", f"cities at or below {other_limit:g}, %", 100.0),
        ("weighted", "population-weighted PM$_{2.5}$, µg m$^{-3}$", None),
        ("peaked", "units with CO$_2$ peaked, %", 100.0),
    )
    axes = fig.subplots(1, len(panels), sharey=True)
    place = np.arange(len(table))
    for ax, (name, label, top) in zip(axes, panels, strict=True):
        ax.barh(place, table[name], color=bars, height=0.7)
        _whiskers(ax, table, name)
        ends = table[f"{name}_high"] if f"{name}_high" in table else table[name]
        for y, (value, end) in enumerate(zip(table[name], ends, strict=True)):
            ax.text(end, y, f"  {value:.1f}", va="center", fontsize=7)
        ax.set_xlabel(label)
        ax.set_xlim(0, top * 1.16 if top else None)
        ax.margins(x=0.15)
    axes[0].set_yticks(place, list(table.index))
    axes[0].invert_yaxis()
    fig.suptitle(heading)
    return fig


def _whiskers(ax: Axes, table: pd.DataFrame, name: str) -> None:
    if f"{name}_low" in table:
        for y, row in enumerate(table.to_dict("records")):
            ends = [row[f"{name}_low"], row[f"{name}_high"]]
            ax.plot(ends, [y, y], color="black", linewidth=0.9, marker="|", markersize=5)


def peaked_chart(table: pd.DataFrame, *, colors: Mapping[str, str], heading: str) -> Figure:
    """Dots of :func:`peaked_by_type`, a row a city type and a colour a scenario."""
    fig = new_figure(7.5, 0.38 * len(table) + 1.5)
    ax = fig.subplots()
    place = np.arange(len(table))
    # a little apart, so that equal shares don't hide each other
    titles = [str(title) for title in table.columns]
    offsets = np.linspace(-0.28, 0.28, len(titles)) if len(titles) > 1 else np.zeros(1)
    for offset, title in zip(offsets, titles, strict=True):
        dots = table[title]
        ax.plot(dots, place + offset, "o", color=colors[title], markersize=5.5, label=title)
    ax.set_yticks(place, [pretty_type(name) for name in table.index])
    ax.invert_yaxis()
    ax.set_xlim(-3, 103)
    ax.set_xlabel("units with CO$_2$ peaked (%)")
    ax.grid(axis="both", color="#EBEBEB", linewidth=0.5)
    fig.legend(loc="outside right center")
    fig.suptitle(heading)
    return fig


def double_by_scenario(doubles: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Monitored cities by class: index scenario, columns the four classes."""
    rows = {title: table["class"].value_counts() for title, table in doubles.items()}
    return pd.DataFrame(rows).T.reindex(columns=list(CLASS_STYLE)).fillna(0).astype(int)
