"""Charts of cities and regions: ranking, double attainment, peak years, parts of PM2.5."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from scenair.figures.fields import PARTS
from scenair.figures.style import (
    ATTAINS,
    BASE,
    FAILS,
    PART_COLORS,
    PRETTY,
    new_figure,
    pretty_type,
    type_colors,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CLASS_STYLE: Final[dict[str, tuple[str, str]]] = {
    "both": ("attains and peaked", "#2C7FB8"),
    "attains_only": ("attains, not peaked", "#A1DAB4"),
    "peaked_only": ("peaked, does not attain", "#FDAE61"),
    "neither": ("neither", "#B2182B"),
}
#: Classes dark enough for white figures.
_DARK_CLASSES: Final = ("both", "neither")
#: Rows of a ranking column; more cities open another column.
_ROWS: Final = 62
#: Up to so many years every one has its label.
_FEW_YEARS: Final = 8


def ranking(
    cities: pd.DataFrame, *, names: pd.Series, limit: float, other_limit: float, heading: str,
    labels: tuple[str, str],
) -> Figure:  # fmt: skip
    """Monitored cities from the cleanest to the most polluted.

    Parameters
    ----------
    cities : DataFrame
        Monitored rows of ``cities.csv``: pm25_base, pm25 (ug m-3), pm25_attains.
    names : Series
        City names, same index.
    limit, other_limit : float
        ug m-3.
    heading : str
    labels : tuple of str
        What base and future value are called.
    """
    table = cities.assign(name=names).sort_values("pm25", kind="stable").reset_index(drop=True)
    n_cols = max(1, -(-len(table) // _ROWS))
    rows = -(-len(table) // n_cols)
    fig = new_figure(max(7.2, 3.6 * n_cols + 0.6), 0.155 * rows + 1.4)
    axes = fig.subplots(1, n_cols, squeeze=False)
    right = 1.05 * float(table[["pm25", "pm25_base"]].max().max()) if len(table) else 1.0
    for k, ax in enumerate(axes.flat):
        part = table.iloc[k * rows : (k + 1) * rows]
        _ranking_column(ax, part, first=k * rows, rows=rows)
        ax.set_xlim(0, right)
        ax.axvline(limit, color="black", linewidth=0.9, zorder=1)
        if other_limit != limit:
            ax.axvline(other_limit, color="black", linewidth=0.9, linestyle=":", zorder=1)
        ax.set_xlabel("annual mean PM$_{2.5}$  (µg m$^{-3}$)")
    _ranking_legend(fig, limit=limit, other_limit=other_limit, labels=labels)
    fig.suptitle(heading)
    return fig


def _ranking_column(ax: Axes, part: pd.DataFrame, *, first: int, rows: int) -> None:
    place = np.arange(len(part))
    attains = part["pm25_attains"].astype(bool).to_numpy()
    colors = np.where(attains, ATTAINS, FAILS)
    ax.hlines(place, part["pm25"], part["pm25_base"], color="#CFCFCF", linewidth=1.0, zorder=2)
    ax.scatter(
        part["pm25_base"],
        place,
        s=12,
        facecolors="white",
        edgecolors=BASE,
        linewidths=0.8,
        zorder=3,
    )
    ax.scatter(part["pm25"], place, s=14, c=list(colors), linewidths=0, zorder=4)
    ax.set_yticks(place, [f"{name}  {first + i + 1}" for i, name in enumerate(part["name"])])
    ax.tick_params(axis="y", length=0, labelsize=6.5)
    ax.set_ylim(rows - 0.4, -0.6)
    ax.grid(axis="x", color="#EBEBEB", linewidth=0.5)


def _ranking_legend(
    fig: Figure, *, limit: float, other_limit: float, labels: tuple[str, str]
) -> None:
    from matplotlib.lines import Line2D

    dot: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 4.5}
    handles = [
        Line2D([], [], markerfacecolor="white", markeredgecolor=BASE, label=labels[0], **dot),
        Line2D([], [], color=ATTAINS, label=f"{labels[1]}, attains", **dot),
        Line2D([], [], color=FAILS, label=f"{labels[1]}, does not attain", **dot),
        Line2D([], [], color="black", linewidth=0.9, label=f"limit in force {limit:g}"),
    ]
    if other_limit != limit:
        dotted: dict[str, Any] = {"linewidth": 0.9, "linestyle": ":"}
        handles.append(Line2D([], [], color="black", label=f"{other_limit:g}", **dotted))
    fig.legend(handles=handles, loc="outside lower center", ncols=5)


def parts_chart(parts: dict[str, pd.DataFrame], *, heading: str) -> Figure:
    """Stacked bars of the parts of PM2.5 by region, one bar a year.

    Parameters
    ----------
    parts : dict of label -> DataFrame
        Index region, columns of :data:`PARTS`, ug m-3; the regions are the same in all.
    heading : str
    """
    regions = list(next(iter(parts.values())).index)
    fig = new_figure(max(6.0, 0.8 * len(regions) + 2.6), 4.6)
    ax = fig.subplots()
    width = 0.8 / len(parts)
    for k, (label, table) in enumerate(parts.items()):
        place = np.arange(len(regions)) + (k - (len(parts) - 1) / 2) * width
        bottom = np.zeros(len(regions))
        for name in PARTS:
            height = table[name].to_numpy()
            ax.bar(
                place, height, width * 0.92, bottom=bottom, color=PART_COLORS[name],
                label=PRETTY[name] if k == 0 else None,
            )  # fmt: skip
            bottom += height
        for x, total in zip(place, bottom, strict=True):
            ax.text(x, total, f"{total:.0f}\n{label}", ha="center", va="bottom", fontsize=6)
    ax.margins(y=0.12)
    ax.set_xticks(np.arange(len(regions)), regions, rotation=30, ha="right")
    ax.set_ylabel("modelled PM$_{2.5}$, dry mass  (µg m$^{-3}$)")
    handles, names = ax.get_legend_handles_labels()
    fig.legend(handles[::-1], names[::-1], loc="outside right center")
    fig.suptitle(heading)
    return fig


def double_chart(counts: pd.DataFrame, *, heading: str) -> Figure:
    """Shares of the four classes by city type, numbers of cities written into the bars.

    A history year has no future to peak in: without a classified city the figure says so.
    """
    fig = new_figure(8.0, 0.42 * len(counts) + 1.5)
    ax = fig.subplots()
    total = counts.sum(axis=1)
    place = np.arange(len(counts))
    left = np.zeros(len(counts))
    for name, (label, color) in CLASS_STYLE.items():
        share = (100.0 * counts[name] / total.where(total > 0)).fillna(0.0).to_numpy()
        ax.barh(place, share, left=left, color=color, label=label, height=0.72)
        for y, (x, w, n) in enumerate(zip(left, share, counts[name], strict=True)):
            if w >= 3:
                ink = "white" if name in _DARK_CLASSES else "black"
                at: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 7.5}
                ax.text(x + w / 2, y, str(int(n)), color=ink, **at)
        left += share
    for y, row in enumerate(counts[list(CLASS_STYLE)].itertuples(index=False)):
        # numbers too small for their bar stand here
        ax.text(101, y, " · ".join(str(int(n)) for n in row), va="center", fontsize=7)
    if total.sum() == 0:
        words = "no city is classified: a history year has no future to peak in"
        ax.text(50, 0, words, ha="center", va="center")
    else:
        fig.legend(loc="outside lower center", ncols=4)
    ax.set_yticks(place, [f"{pretty_type(t)}  ({int(n)})" for t, n in total.items()])
    ax.invert_yaxis()
    ax.set_xlim(0, 100)
    ax.set_xlabel("share of monitored cities (%)")
    fig.suptitle(heading)
    return fig


def peak_chart(
    table: pd.DataFrame,
    rest: pd.Series,
    *,
    year: int,
    last_year: int,
    rest_label: str,
    heading: str,
) -> Figure:
    """Histogram of the years of highest CO2 by city type.

    Parameters
    ----------
    table, rest : DataFrame, Series
        From :func:`scenair.figures.fields.peak_counts`.
    year : int
        Marked, where it lies inside.
    last_year : int
        Last year of the trajectory.
    rest_label : str
        What the units of ``rest`` are called.
    heading : str
    """
    types = sorted(set(table.columns) | set(rest.index))
    first = int(min([*table.index, last_year - 1]))
    years = np.arange(first, last_year)
    counts = table.reindex(index=years, columns=types, fill_value=0)
    fig = new_figure(8.5, 3.6)
    ax = fig.subplots()
    bottom = np.zeros(len(years) + 1)
    place = np.append(years, last_year + 1)
    for name, color in type_colors(types).items():
        height = np.append(counts[name].to_numpy(), int(rest.get(name, 0)))
        ax.bar(place, height, bottom=bottom, color=color, width=0.8, label=pretty_type(name))
        bottom += height
    for x, total in zip(place, bottom, strict=True):
        if total:
            ax.text(x, total, f"{int(total)}", ha="center", va="bottom", fontsize=7)
    if first <= year < last_year and len(years) > _FEW_YEARS:
        ax.axvline(year + 0.5, color="black", linewidth=0.8, linestyle="--")
    shown = years if len(years) <= _FEW_YEARS else years[years % 5 == 0]
    ax.set_xticks([*shown, last_year + 1], [*map(str, shown), rest_label])
    ax.margins(y=0.1)
    ax.set_ylabel("units")
    fig.legend(loc="outside right center")
    fig.suptitle(heading)
    return fig


def exposure_chart(
    table: pd.DataFrame,
    *,
    limits: Mapping[str, float],
    labels: tuple[str, str],
    colors: tuple[str, str],
    heading: str,
) -> Figure:
    """Share of people who live at more than a concentration.

    Parameters
    ----------
    table : DataFrame
        ``exposure.csv``: lower (ug m-3), share_above_base, share_above (0-1).
    limits : mapping of name -> ug m-3
        Drawn as vertical lines.
    labels, colors : tuple of str
        Base and future.
    heading : str
    """
    fig = new_figure(7.5, 4.2)
    ax = fig.subplots()
    columns = ("share_above_base", "share_above")
    lines = list(zip(columns, labels, colors, strict=True))
    for column, label, color in lines[1:] if labels[0] == labels[1] else lines:
        share = 100.0 * table[column]
        ax.plot(table["lower"], share, color=color, marker="o", markersize=3, label=label)
    for k, (name, value) in enumerate(limits.items()):
        ax.axvline(value, color="black", linewidth=0.8, linestyle=("-", ":", "--")[k % 3])
        ax.text(value, 101, f" {name}: {value:g}", rotation=40, fontsize=7, va="bottom")
    ax.set_xlim(0, None)
    ax.set_ylim(0, 100)
    ax.grid(color="#EBEBEB", linewidth=0.5)
    ax.set_xlabel("annual mean PM$_{2.5}$  (µg m$^{-3}$)")
    ax.set_ylabel("people at or above (%)")
    ax.legend(loc="upper right")
    fig.suptitle(heading)
    return fig
