"""Diagrams of model performance: soccer plot and Taylor diagram."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.figure import Figure

_MARKERS: Final = {"year": "o", "Q1": "s", "Q2": "^", "Q3": "v", "Q4": "D"}
#: Beyond this ratio of standard deviations a point is drawn hollow at the edge.
_WIDEST: Final = 2.5
_WORDS: Final = {
    "all": "all monitors",
    "bth_surroundings": "BTH and surroundings",
    "cities_2_26": "2+26 cities",
    "chengdu_chongqing": "Chengdu-Chongqing",
    "fenwei": "Fenwei plain",
    "mid_yangtze": "middle Yangtze",
    "prd": "Pearl River Delta",
    "yrd": "Yangtze River Delta",
}


def soccer(table: pd.DataFrame, goals: Mapping[str, tuple[float, float]], *, title: str) -> Figure:
    """Normalised mean bias against error, with the goals as boxes.

    Parameters
    ----------
    table : DataFrame
        region, period, nmb, nme (percent).
    goals : mapping
        Name -> (largest magnitude of NMB, largest NME), percent; the smallest box first.
    title : str
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    fig = Figure(figsize=(7.2, 5.0), layout="constrained")
    ax = fig.subplots()
    boxes: dict[tuple[float, float], list[str]] = {}
    for name, box in goals.items():
        boxes.setdefault(box, []).append(name)
    for i, ((bias, error), names) in enumerate(boxes.items()):
        style = ("-", "--", ":", "-.")[i % 4]
        edges = Rectangle((-bias, 0), 2 * bias, error, fill=False, linestyle=style)
        edges.set_label(", ".join(names))
        ax.add_patch(edges)
    colors = _colors(table["region"].unique().tolist())
    for row in table.to_dict("records"):
        marker, color = _MARKERS[str(row["period"])], colors[str(row["region"])]
        ax.plot(row["nmb"], row["nme"], marker, color=color, markersize=6, linestyle="none")
    edge = 1.1 * max(float(table["nmb"].abs().max()), *(b for b, _ in goals.values()))
    ax.set_xlim(-edge, edge)
    ax.set_ylim(0, 1.35 * max(float(table["nme"].max()), *(e for _, e in goals.values())))
    ax.axvline(0, color="0.8", linewidth=0.8, zorder=0)
    ax.set_xlabel("normalised mean bias (%)")
    ax.set_ylabel("normalised mean error (%)")
    _legend(fig, colors)
    ax.legend(loc="upper center", fontsize=8, ncols=2, title="benchmarks of daily PM$_{2.5}$")
    ax.set_title(title)
    return fig


def taylor_diagram(table: pd.DataFrame, *, title: str) -> Figure:
    """Correlation and ratio of standard deviations, the observations at (1, 1).

    Parameters
    ----------
    table : DataFrame
        region, period, r, std_ratio.
    title : str
    """
    from matplotlib.figure import Figure

    fig = Figure(figsize=(7.2, 5.0), layout="constrained")
    low = min(0.0, float(table["r"].min()))
    top = min(1.15 * max(1.3, float(table["std_ratio"].max())), _WIDEST)
    ax = fig.add_subplot(projection="polar")
    ax.set(thetamin=0, thetamax=float(np.degrees(np.arccos(max(low, -1.0)))), ylim=(0, top))
    ticks = np.array([t for t in (1, 0.99, 0.95, 0.9, 0.8, 0.6, 0.4, 0.2, 0, -0.5) if t >= low])
    ax.set_xticks(np.arccos(ticks), [f"{t:g}" for t in ticks])
    theta, radius = np.meshgrid(np.linspace(0, np.arccos(low), 90), np.linspace(0, top, 90))
    distance = np.sqrt(1 + radius**2 - 2 * radius * np.cos(theta))
    lines = ax.contour(theta, radius, distance, levels=[0.25, 0.5, 0.75, 1.0], colors="0.75")
    ax.clabel(lines, fontsize=7, fmt="%g")
    ax.plot(0, 1, "*", color="black", markersize=12, clip_on=False, label="observations")
    colors = _colors(table["region"].unique().tolist())
    for row in table.to_dict("records"):
        angle = np.arccos(np.clip(row["r"], -1, 1))
        marker, color = _MARKERS[str(row["period"])], colors[str(row["region"])]
        beyond = row["std_ratio"] > top
        ax.plot(
            angle,
            min(row["std_ratio"], top),
            marker,
            color=color,
            markerfacecolor="white" if beyond else color,
            markersize=6,
            clip_on=False,
        )
    ax.set_xlabel(
        "standard deviation, model over observations (hollow: beyond the edge); grey: centred RMSE",
        fontsize=8,
    )
    ax.text(np.arccos(0.7), 1.14 * top, "correlation", rotation=-45, ha="center", va="center")
    _legend(fig, colors)
    ax.set_title(title)
    return fig


def _colors(regions: list[str]) -> dict[str, str]:
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    palette = colormaps["tab10"].colors  # type: ignore[attr-defined]
    return {name: to_hex(palette[i % len(palette)]) for i, name in enumerate(regions)}


def _legend(fig: Figure, colors: Mapping[str, str]) -> None:
    from matplotlib.lines import Line2D

    marks = [
        Line2D([], [], color=c, marker="o", linestyle="none", label=_WORDS.get(n, n))
        for n, c in colors.items()
    ]
    marks += [
        Line2D([], [], color="black", markerfacecolor="none", marker=m, linestyle="none", label=n)
        for n, m in _MARKERS.items()
    ]
    fig.legend(handles=marks, loc="outside right center", fontsize=8)
