"""What a plan costs and when it is met: cost curve, cities before and after, attaining years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from scenair.figures.style import ATTAINS, BASE, FAILS, new_figure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Measures narrower than this share of the curve get no label.
_LABEL_SHARE: Final = 0.02
#: Cities shown, the worst first.
_MOST_CITIES: Final = 40
_SOLVER: Final = 1e-6
_LIMIT_STYLES: Final = ("-", "--", ":")


def plan_chart(curve: pd.DataFrame, receptors: pd.DataFrame, *, heading: str) -> Figure:
    """Cost curve of a plan, and the cities that it is made for.

    Parameters
    ----------
    curve : DataFrame
        measure, reduction (Mg yr-1 of pollutant equivalents), unit_cost (CNY Mg-1), CO2 (reduction,
        Mg yr-1), cheapest first.
    receptors : DataFrame
        name, pm25, pm25_after, limit (ug m-3).
    heading : str
    """
    shown = receptors.sort_values("pm25", ascending=False, kind="stable")[:_MOST_CITIES]
    fig = new_figure(12.0, max(4.2, 0.19 * len(shown) + 1.6))
    left, right = fig.subplots(1, 2, width_ratios=(1.5, 1.0))
    _cost_bars(left, curve)
    _receptor_dots(right, shown, total=len(receptors))
    fig.suptitle(heading)
    return fig


def _cost_bars(ax: Axes, curve: pd.DataFrame) -> None:
    from matplotlib.patches import Patch

    width = curve["reduction"].to_numpy() / 1e3
    start = np.concatenate([[0.0], np.cumsum(width)[:-1]])
    height = curve["unit_cost"].to_numpy() / 1e3
    colors = np.where(curve["CO2"] >= 0, ATTAINS, FAILS)
    ax.bar(start, height, width, align="edge", color=colors, edgecolor="white", linewidth=0.4)
    for x, w, h, name in zip(start, width, height, curve["measure"], strict=True):
        if w > _LABEL_SHARE * width.sum():
            ax.annotate(name, (x + w / 2, h), xytext=(0, 2), textcoords="offset points",
                        ha="center", va="bottom" if h >= 0 else "top", fontsize=7)  # fmt: skip
    ax.axhline(0, color="black", linewidth=0.6)
    ax.margins(y=0.1)
    ax.set_xlabel("reduction (1000 t of pollutant equivalents a year)")
    ax.set_ylabel("cost (1000 CNY a tonne of equivalents)")
    handles = [Patch(color=ATTAINS, label="CO$_2$ falls"), Patch(color=FAILS, label="CO$_2$ rises")]
    ax.legend(handles=handles, loc="upper left")


def _receptor_dots(ax: Axes, cities: pd.DataFrame, *, total: int) -> None:
    place = np.arange(len(cities))
    ax.hlines(place, cities["pm25_after"], cities["pm25"], color="#CFCFCF", linewidth=1.2)
    dots: dict[str, Any] = {"s": 18, "zorder": 3}
    ax.scatter(cities["pm25"], place, facecolors="white", edgecolors=BASE, label="before", **dots)
    # a plan ends on the bound of rounding, give or take the solver's tolerance
    after = cities["pm25_after"].to_numpy()
    done = np.round(after - _SOLVER) <= cities["limit"].to_numpy()
    for mask, color, words in ((done, ATTAINS, "attains"), (~done, FAILS, "does not attain")):
        ax.scatter(after[mask], place[mask], color=color, label=f"with the plan, {words}", **dots)
    for limit in sorted(set(cities["limit"])):
        ax.axvline(limit, color="black", linewidth=0.8)
    ax.set_yticks(place, cities["name"].tolist(), fontsize=7)
    ax.invert_yaxis()
    ax.grid(axis="x", color="#EBEBEB", linewidth=0.5)
    ax.set_xlabel("annual mean PM$_{2.5}$  (µg m$^{-3}$; line: limit)")
    more = f" (the worst {len(cities)} of {total})" if total > len(cities) else ""
    ax.set_title(f"cities above the limit{more}")
    ax.legend(loc="lower right")


def path_shares(path: pd.DataFrame, *, limits: Mapping[str, float]) -> pd.DataFrame:
    """Share of monitored cities at or below each limit, and of units peaked, by year.

    Parameters
    ----------
    path : DataFrame
        basis, co2_peak_year, peaked (bool), ``pm25_{year}`` (ug m-3).
    limits : mapping of name -> ug m-3
        Values are rounded half to even before they are compared.

    Returns
    -------
    DataFrame
        Index year, columns the names of the limits and ``CO2 peaked``; per cent.
    """
    years = sorted(int(name[5:]) for name in path.columns if name.startswith("pm25_"))
    monitored = path[path["basis"] == "monitor"]
    rows = {}
    for year in years:
        value = monitored[f"pm25_{year}"].round()
        shares = {name: 100.0 * float((value <= limit).mean()) for name, limit in limits.items()}
        peaked = path["peaked"] & (path["co2_peak_year"] <= year)
        rows[year] = shares | {"CO2 peaked": 100.0 * float(peaked.mean())}
    return pd.DataFrame(rows).T


def path_chart(
    shares: pd.DataFrame, *, color: str, n_monitored: int, n_units: int, heading: str
) -> Figure:
    """Lines of :func:`path_shares`; the years that were run are marked."""
    fig = new_figure(7.5, 4.4)
    ax = fig.subplots()
    limits = [name for name in shares.columns if name != "CO2 peaked"]
    for name, dashes in zip(limits, _LIMIT_STYLES, strict=False):
        label = f"PM$_{{2.5}}$ at or below {name}, {n_monitored} monitored cities"
        ax.plot(shares.index, shares[name], color=color, linestyle=dashes, marker="o",
                markersize=4, label=label)  # fmt: skip
    ax.plot(shares.index, shares["CO2 peaked"], color="black", marker="s", markersize=4,
            label=f"CO$_2$ peaked by the year, {n_units} units")  # fmt: skip
    ax.set_ylim(0, 103)
    ax.set_xticks(shares.index.tolist())
    ax.set_ylabel("%")
    ax.grid(color="#EBEBEB", linewidth=0.5)
    fig.legend(loc="outside lower center", ncols=2)
    fig.suptitle(heading)
    return fig
