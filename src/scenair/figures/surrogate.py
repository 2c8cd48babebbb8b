"""Figures of the surrogate: parts of PM2.5, footprints, monitors, response surfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from scenair.figures.basemap import Basemap, draw_basemap
from scenair.figures.style import PRETTY, new_figure

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = npt.NDArray[Any]

#: Groups of parts that are told apart, with the upper end of their colour scale, ug m-3.
COMPONENTS: Final[dict[str, tuple[tuple[str, ...], float]]] = {
    "PM$_{2.5}$": (("PM25",), 100.0),
    "primary (BC, POA, other)": (("BC", "POA", "OTHER"), 40.0),
    "secondary organic": (("SOA",), 15.0),
    "sulfate": (("SO4",), 15.0),
    "nitrate and ammonium": (("NO3", "NH4"), 40.0),
    "background (not controlled)": (("BACKGROUND",), 40.0),
}
#: The same where secondary organic aerosol is not told apart.
COMPONENTS_OA: Final[dict[str, tuple[tuple[str, ...], float]]] = {
    "PM$_{2.5}$": COMPONENTS["PM$_{2.5}$"],
    "primary (BC, other)": (("BC", "OTHER"), 40.0),
    "organic aerosol": (("OA",), 25.0),
    **dict(list(COMPONENTS.items())[3:]),
}
_FIT, _JUDGE = "#8A8A8A", "#0077BB"


def _panels(base: Basemap, *, rows: int, cols: int, width: float = 10.5) -> tuple[Figure, Any]:
    x0, x1, y0, y1 = base.extent
    panel = width / cols - 0.9
    fig = new_figure(width, rows * (panel * (y1 - y0) / (x1 - x0) + 0.45) + 0.35)
    return fig, fig.subplots(rows, cols, squeeze=False)


def _mesh(ax: Axes, base: Basemap, values: Array, **style: Any) -> Any:
    mesh = ax.pcolormesh(
        base.grid.x_edges, base.grid.y_edges, values, rasterized=True, zorder=1, **style
    )
    draw_basemap(ax, base)
    return mesh


def component_maps(base: Basemap, parts: Mapping[str, Array], *, heading: str) -> Figure:
    """Annual means of the groups of parts, (y, x) by name, ug m-3.

    With ``SOA`` among the parts organic aerosol is shown as primary (``OA`` less ``SOA``) and
    secondary, else whole.
    """
    shown = dict(parts)
    if "SOA" in shown:
        shown["POA"] = shown["OA"] - shown["SOA"]
    groups = COMPONENTS if "SOA" in shown else COMPONENTS_OA
    fig, axes = _panels(base, rows=2, cols=3)
    for ax, (title, (names, top)) in zip(axes.flat, groups.items(), strict=True):
        values = np.sum([shown[name] for name in names], axis=0)
        mesh = _mesh(ax, base, values, cmap="magma_r", vmin=0, vmax=top)
        bar = fig.colorbar(mesh, ax=ax, shrink=0.8, pad=0.02, extend="max")
        bar.set_label("µg m$^{-3}$")
        ax.set_title(title)
    fig.suptitle(heading)
    return fig


def footprint_maps(
    base: Basemap, footprints: Mapping[str, tuple[Array, float, float]], *, heading: str
) -> Figure:
    """Where a tonne of primary particles matters for a city.

    Parameters
    ----------
    footprints : mapping of city -> ((y, x), x, y)
        Response of the city's annual mean to emissions near the ground, ug m-3 (Mg yr-1)-1; and
        where the city is, m.
    """
    from matplotlib.colors import LogNorm

    fig, axes = _panels(base, rows=(len(footprints) + 1) // 2, cols=2, width=9.5)
    for ax, (city, (field, x, y)) in zip(axes.flat, footprints.items(), strict=False):
        # per thousand tonnes a year
        values = np.ma.masked_where(~(field > 0), field * 1e3)
        mesh = _mesh(ax, base, values, cmap="viridis_r", norm=LogNorm(1e-5, 1e-1))
        ax.plot([x], [y], marker="+", color="#CC3311", ms=9, mew=1.6, zorder=5)
        bar = fig.colorbar(mesh, ax=ax, shrink=0.8, pad=0.02, extend="both")
        bar.set_label("µg m$^{-3}$ per Gg yr$^{-1}$")
        ax.set_title(city)
    for ax in axes.flat[len(footprints) :]:
        ax.set_axis_off()
    fig.suptitle(heading)
    return fig


def monitor_scatter(pairs: pd.DataFrame, skills: pd.DataFrame, *, heading: str) -> Figure:
    """Modelled against observed, not anchored and before any fit: year and quarters.

    Parameters
    ----------
    pairs : DataFrame
        ``adcode, set, quarter, observed, modelled_case_grid``, ug m-3.
    skills : DataFrame
        ``parameters, set, period, n, nmb, nme, r, fac2``.
    """
    fig = new_figure(9.5, 5.0)
    axes = fig.subplots(1, 2)
    columns = ["observed", "modelled_case_grid"]
    year = pairs.groupby(["adcode", "set"], as_index=False)[columns].mean()
    for ax, (period, title, frame) in zip(
        axes,
        (("annual", "annual means", year), ("quarters", "quarters", pairs)),
        strict=True,
    ):
        top = float(np.quantile(frame[columns].to_numpy(), 0.995)) * 1.1
        ax.plot([0, top], [0, top], color="black", lw=0.8)
        for slope in (0.5, 2):
            ax.plot([0, top], [0, slope * top], color="black", lw=0.6, ls=":")
        for use, color in (("fit", _FIT), ("judge", _JUDGE)):
            part = frame[frame["set"] == use]
            words = _skill_words(skills, use=use, period=period)
            ax.scatter(
                part["observed"], part["modelled_case_grid"], s=10, alpha=0.6, lw=0,
                color=color, label=words,
            )  # fmt: skip
        ax.set(xlim=(0, top), ylim=(0, top), title=title)
        ax.set_xlabel("observed (µg m$^{-3}$, ambient)")
        ax.set_ylabel("modelled (µg m$^{-3}$)")
        # opaque, because the lines of a factor of two run below it
        ax.legend(loc="upper left", fontsize=7, frameon=True, framealpha=0.95, edgecolor="none")
    fig.suptitle(heading)
    return fig


def _skill_words(skills: pd.DataFrame, *, use: str, period: str) -> str:
    row = skills[
        (skills["parameters"] == "case_grid")
        & (skills["set"] == use)
        & (skills["period"] == period)
    ]
    name = {"fit": "regions that a fit may see", "judge": "regions that judge"}[use]
    if row.empty:
        return name
    one = row.iloc[0]
    return (
        f"{name}: n {one['n']:.0f}, NMB {one['nmb']:+.0%}, NME {one['nme']:.0%}, r {one['r']:.2f}"
    )


def isopleth_chart(lines: pd.DataFrame, places: pd.DataFrame, *, heading: str) -> Figure:
    """Ozone over NOx and NMVOC ratios of some cells.

    Parameters
    ----------
    lines : DataFrame
        ``place, nox_ratio, nmvoc_ratio, o3`` (ug m-3).
    places : DataFrame
        ``place, peak_ratio, voc_to_nox``.
    """
    fig = new_figure(3.5 * len(places) + 0.3, 3.7)
    axes = fig.subplots(1, len(places), squeeze=False)
    for ax, row in zip(axes.flat, places.to_dict("records"), strict=True):
        part = lines[lines["place"] == row["place"]]
        field = part.pivot_table(index="nmvoc_ratio", columns="nox_ratio", values="o3")
        x, y = field.columns.to_numpy(), field.index.to_numpy()
        shown = ax.contourf(x, y, field.to_numpy(), levels=14, cmap="YlGnBu")
        lines_of = ax.contour(x, y, field.to_numpy(), levels=7, colors="white", linewidths=0.5)
        ax.clabel(lines_of, fmt="%.0f", fontsize=6)
        ridge = _ridge(x, field.to_numpy())
        ax.plot(ridge, y, color="#CC3311", lw=1.2, label="NOx ratio of highest ozone")
        ax.plot([1], [1], marker="o", color="black", ms=4)
        ax.set(xlabel="NO$_x$ emission ratio", ylabel="NMVOC emission ratio")
        ax.set_title(f"{row['place']}: {_peak_words(row['peak_ratio'], largest=x[-1])}")
        fig.colorbar(shown, ax=ax, shrink=0.85, pad=0.02).set_label("O$_3$ by day (µg m$^{-3}$)")
    axes.flat[0].legend(loc="lower right", fontsize=6.5, frameon=True)
    fig.suptitle(heading)
    return fig


def _ridge(x: Array, field: Array) -> Array:
    """Place of the maximum along ``x`` of each row; nothing where it lies on an edge.

    Between the samples by the parabola through the highest and its neighbours.
    """
    out = np.full(len(field), np.nan)
    for j, row in enumerate(field):
        i = int(row.argmax())
        if 0 < i < len(x) - 1:
            square, slope, _ = np.polyfit(x[i - 1 : i + 2], row[i - 1 : i + 2], 2)
            out[j] = -slope / (2 * square) if square < 0 else x[i]
    return out


def _peak_words(peak: float, *, largest: float) -> str:
    """The peak ratio, or that it lies outside what was sampled."""
    beyond = peak >= largest - 1e-9
    return f"peak ratio above {largest:.1f}" if beyond else f"peak ratio {peak:.2f}"


#: Part of the runs -> words and colour.
_PARTS_OF_RUNS = {
    "all": ("all", _FIT),
    "nox_over_margin": ("NO$_x$ ratio > 0.2", _JUDGE),
    "interior": ("off the margins", "#88CCEE"),
    "margin": ("at the margins", "#BBBBBB"),
}


def error_chart(errors: pd.DataFrame, *, heading: str) -> Figure:
    """Mean and largest error of left-out and held-out runs by quantity, with the criterion."""
    rows = errors.to_dict("records")
    fig = new_figure(8.0, 1.2 + 0.24 * len(rows))
    axes = fig.subplots(1, 2)
    for ax, (column, title, limit) in zip(
        axes,
        (("mne", "mean error", 0.02), ("max_ne", "largest error", 0.10)),
        strict=True,
    ):
        labels = []
        for position, row in enumerate(rows):
            words, color = _PARTS_OF_RUNS[row["part"]]
            ax.barh(position, row[column] * 100, color=color, height=0.7)
            kind = row["runs"].replace("_", "-")
            quantity = PRETTY_QUANTITY[row["quantity"]]
            labels.append(f"{quantity}, {kind} runs, {words} ({row['n_runs']})")
        ax.axvline(limit * 100, color="#CC3311", lw=1, ls="--")
        ax.set_yticks(range(len(rows)), labels if ax is axes[0] else [""] * len(rows))
        ax.invert_yaxis()
        ax.set(xlabel="% of the concentration", title=title)
    fig.suptitle(heading)
    return fig


def regime_maps(base: Basemap, peak: Array, need: Array, *, heading: str) -> Figure:
    """Peak ratio of NOx, and the NMVOC cut that a NOx cut needs, (y, x); masked at sea."""
    fig, axes = _panels(base, rows=1, cols=2, width=9.5)
    mesh = _mesh(axes[0, 0], base, peak, cmap="RdBu", vmin=0.3, vmax=1.7)
    fig.colorbar(mesh, ax=axes[0, 0], shrink=0.8, pad=0.02, extend="both").set_label(
        "peak ratio (sampled to 1.5)"
    )
    axes[0, 0].set_title("NO$_x$ ratio of highest ozone (below 1: NMVOC-limited)")
    mesh = _mesh(axes[0, 1], base, need, cmap="YlOrRd", vmin=0, vmax=3)
    fig.colorbar(mesh, ax=axes[0, 1], shrink=0.8, pad=0.02, extend="max").set_label(
        "NMVOC : NO$_x$"
    )
    axes[0, 1].set_title("relative NMVOC cut a NO$_x$ cut, so that ozone doesn't rise")
    fig.suptitle(heading)
    return fig


PRETTY_QUANTITY: Final = {"PM25": "PM$_{2.5}$", "O3": "O$_3$"} | {
    name: PRETTY[name] for name in ("SO4", "NO3")
}
