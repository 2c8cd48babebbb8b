"""Measures and peaks: potentials, scores of city types, shares of peaked cities, drivers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from scenair.figures.style import (
    PRETTY,
    SECTOR_GROUPS,
    new_figure,
    pretty_type,
    type_colors,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Species whose potential is shown, from climate to air.
POTENTIAL_SPECIES: Final = ("CO2", "SO2", "NOx", "PM25", "NMVOC")
#: Weaker levels are marks on the bar of the strongest.
_WEAKER: Final = {"conventional": "|", "enhanced": "x"}
_STRONGEST: Final = "best"
#: Parts of the score of a type, and their total.
_SCORES: Final = {"importance": "o", "feasibility": "s", "action": "^", "score": "D"}
#: End-of-pipe control and co-control measures (palette of Okabe and Ito).
_CONTROL: Final = {"end_of_pipe": "#56B4E9", "co_control": "#E69F00"}
_PEAKED: Final = {"change_peaked": "#0072B2", "change_not_peaked": "#D55E00"}
_MOST: Final = 12


def sector_color(sector: str) -> str:
    """Colour of a sector: that of its group in every figure."""
    return next(color for group, color in SECTOR_GROUPS.values() if sector in group)


def reduction_percent(potentials: pd.DataFrame, *, year: int) -> pd.DataFrame:
    """Reduction of the national total by each measure alone.

    Parameters
    ----------
    potentials : DataFrame
        ``potentials.csv``: measure, level, year, and ``{species}_share`` (change over total).
    year : int

    Returns
    -------
    DataFrame
        Index measure (order of the file), columns (species, level); per cent, positive where the
        measure lowers the total.
    """
    wanted = {f"{name}_share": name for name in POTENTIAL_SPECIES}
    shares = potentials.loc[potentials["year"] == year, ["measure", "level", *wanted]]
    wide = shares.rename(columns=wanted).pivot_table(index="measure", columns="level")
    return -100.0 * wide.reindex(potentials["measure"].unique())


def potentials_chart(
    reduction: pd.DataFrame,
    *,
    labels: Mapping[str, str],
    sectors: Mapping[str, str],
    heading: str,
) -> Figure:
    """A row a measure, a panel a species.

    Parameters
    ----------
    reduction : DataFrame
        From :func:`reduction_percent`.
    labels, sectors : mapping of measure -> words, sector
    heading : str
    """
    fig = new_figure(13.0, 0.24 * len(reduction) + 1.3)
    axes = fig.subplots(1, len(POTENTIAL_SPECIES), sharey=True)
    place = np.arange(len(reduction))
    colors = [sector_color(sectors[name]) for name in reduction.index]
    for ax, species in zip(axes, POTENTIAL_SPECIES, strict=True):
        ax.barh(place, reduction[(species, _STRONGEST)], color=colors, height=0.72)
        for level, marker in _WEAKER.items():
            dots: dict[str, Any] = {"marker": marker, "s": 18, "linewidths": 0.9, "zorder": 3}
            ax.scatter(reduction[(species, level)], place, color="black", label=level, **dots)
        ax.axvline(0, color="black", linewidth=0.6)
        ax.set_xlabel(f"{PRETTY[species]}  (%)")
        ax.grid(axis="x", color="#EBEBEB", linewidth=0.5)
    axes[0].set_yticks(place, [labels[name] for name in reduction.index], fontsize=7)
    axes[0].set_ylim(len(reduction) - 0.4, -0.6)
    handles, names = axes[0].get_legend_handles_labels()
    fig.legend(handles, names, loc="outside lower center", ncols=2)
    fig.suptitle(heading)
    return fig


def scores_chart(scores: pd.DataFrame, *, heading: str) -> Figure:
    """Scores of the city types.

    Parameters
    ----------
    scores : DataFrame
        ``peak_scores_types.csv``: city_type, cities, importance, feasibility, action, score
        (percentile ranks, 0-100).
    heading : str
    """
    table = scores.sort_values("score", ascending=False, ignore_index=True)
    fig = new_figure(7.5, 0.42 * len(table) + 1.5)
    ax = fig.subplots()
    place = np.arange(len(table))
    colors = list(type_colors(table["city_type"].tolist()).values())
    ax.barh(place, table["score"], color=colors, height=0.66, alpha=0.55)
    for name, marker in _SCORES.items():
        ax.plot(table[name], place, marker, color="black", markersize=4.5, label=name,
                markerfacecolor="black" if name == "score" else "white")  # fmt: skip
    rows = zip(table["city_type"], table["cities"], strict=True)
    ax.set_yticks(place, [f"{pretty_type(name)}  ({n})" for name, n in rows])
    ax.invert_yaxis()
    ax.set_xlim(0, 100)
    ax.set_xlabel("mean percentile rank of the cities (0-100)")
    fig.legend(loc="outside lower center", ncols=4)
    fig.suptitle(heading)
    return fig


def peaked_years_chart(
    peaks: pd.DataFrame,
    *,
    titles: Mapping[str, str],
    colors: Mapping[str, str],
    heading: str,
) -> Figure:
    """Share of peaked cities by type, a panel a year.

    Parameters
    ----------
    peaks : DataFrame
        ``peaks_by_type.csv``: scenario, city_type, cities, ``peaked_{year}`` (0-1).
    titles, colors : mapping of scenario -> title, colour
    heading : str
    """
    years = [name for name in peaks.columns if name.startswith("peaked_")]
    types = list(dict.fromkeys(peaks["city_type"]))
    counts = peaks.drop_duplicates("city_type").set_index("city_type")["cities"]
    fig = new_figure(3.6 * len(years) + 1.2, 0.5 * len(types) + 1.5)
    axes = fig.subplots(1, len(years), sharey=True, squeeze=False)[0]
    offsets = np.linspace(-0.3, 0.3, len(titles)) if len(titles) > 1 else np.zeros(1)
    for ax, column in zip(axes, years, strict=True):
        wide = 100.0 * peaks.pivot_table(index="city_type", columns="scenario", values=column)
        for offset, (name, title) in zip(offsets, titles.items(), strict=True):
            dots = wide[name].reindex(types)
            place = np.arange(len(types)) + offset
            ax.plot(dots, place, "o", color=colors[name], markersize=5, label=title)
        for border in np.arange(len(types) - 1) + 0.5:
            ax.axhline(border, color="#DDDDDD", linewidth=0.6)
        ax.set_xlim(-3, 103)
        ax.set_xlabel(f"peaked by {column.removeprefix('peaked_')} (% of units)")
    axes[0].set_yticks(np.arange(len(types)), [f"{pretty_type(t)}  ({counts[t]})" for t in types])
    axes[0].invert_yaxis()
    handles, names = axes[0].get_legend_handles_labels()
    fig.legend(handles, names, loc="outside lower center", ncols=4)
    fig.suptitle(heading)
    return fig


def drivers_chart(
    contributions: pd.DataFrame,
    shapley: pd.DataFrame,
    sectors: pd.DataFrame,
    *,
    labels: Mapping[str, str],
    heading: str,
) -> Figure:
    """What changes the emissions of a scenario.

    Parameters
    ----------
    contributions : DataFrame
        species, year, reference, end_of_pipe, co_control (Mg yr-1).
    shapley : DataFrame
        measure, species, contribution, standard_error (Mg yr-1).
    sectors : DataFrame
        sector, start, end, cities_peaked, cities_not_peaked, change_peaked, change_not_peaked
        (direct CO2, Mg yr-1).
    labels : mapping of measure -> words
    heading : str
    """
    fig = new_figure(13.0, 4.8)
    left, middle, right = fig.subplots(1, 3)
    _control_bars(left, contributions)
    _measure_bars(middle, shapley, labels=labels)
    _sector_bars(right, sectors)
    fig.suptitle(heading)
    return fig


def _control_bars(ax: Axes, table: pd.DataFrame) -> None:
    """End-of-pipe control and co-control in per cent of the reference; both may raise."""
    place = np.arange(len(table))
    edge = {True: np.zeros(len(table)), False: np.zeros(len(table))}
    for name, color in _CONTROL.items():
        share = (100.0 * table[name] / table["reference"]).to_numpy()
        # rises stand on the other side of zero
        for falls in (True, False):
            part = np.where((share < 0) == falls, share, 0.0)
            words = name.replace("_", "-") if falls else None
            ax.barh(place, part, left=edge[falls], color=color, label=words, height=0.7)
            edge[falls] = edge[falls] + part
    ax.axvline(0, color="black", linewidth=0.6)
    ax.set_yticks(place, [PRETTY[name] for name in table["species"]])
    ax.invert_yaxis()
    ax.set_xlabel(f"change against the reference in {int(table['year'].iloc[0])} (%)")
    ax.legend(loc="lower left")


def _measure_bars(ax: Axes, table: pd.DataFrame, *, labels: Mapping[str, str]) -> None:
    """Largest contributions of measures to CO2, with the error of the sampling."""
    rows = table[table["species"] == "CO2"]
    rows = rows.reindex(rows["contribution"].abs().sort_values(ascending=False).index)[:_MOST]
    place = np.arange(len(rows))
    ax.barh(
        place,
        rows["contribution"] / 1e6,
        xerr=rows["standard_error"] / 1e6,
        color=_CONTROL["co_control"],
        height=0.7,
        error_kw={"linewidth": 0.8},
    )
    ax.axvline(0, color="black", linewidth=0.6)
    ax.set_yticks(place, [labels.get(name, name) for name in rows["measure"]], fontsize=7)
    ax.invert_yaxis()
    ax.set_xlabel("CO$_2$ by measure, Shapley value (Tg yr$^{-1}$)")


def _sector_bars(ax: Axes, table: pd.DataFrame) -> None:
    """Change of CO2 by sector, in cities that have peaked and in the others."""
    moved = table[(table[list(_PEAKED)] != 0).any(axis=1)]
    place = np.arange(len(moved))
    for k, (name, color) in enumerate(_PEAKED.items()):
        count = int(table[name.replace("change", "cities")].iloc[0])
        words = "peaked" if name == "change_peaked" else "not peaked"
        ax.barh(place + 0.2 * (2 * k - 1), moved[name] / 1e6, color=color, height=0.38,
                label=f"{words}: {count} units")  # fmt: skip
    ax.axvline(0, color="black", linewidth=0.6)
    ax.set_yticks(place, [name.replace("_", " ") for name in moved["sector"]])
    ax.invert_yaxis()
    start, end = int(table["start"].iloc[0]), int(table["end"].iloc[0])
    ax.set_xlabel(f"change of direct CO$_2$, {start} to {end} (Tg yr$^{{-1}}$)")
    ax.legend(loc="lower right")


def measure_labels(names: pd.DataFrame, measures: Sequence[str]) -> dict[str, str]:
    """Measure -> code and words; a user's own measure without a name keeps its code.

    English words: the font that ships has the glyphs of place names only.
    """
    words = names.set_index("measure")["value"].to_dict()
    return {name: f"{name} {words[name]}" if name in words else name for name in measures}
