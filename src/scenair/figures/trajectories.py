"""Trajectories of national emissions by species and by sector group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scenair.figures.style import BASE, PRETTY, SECTOR_GROUPS, finish_panels, new_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SECTOR_SPECIES: Final = ("SO2", "NOx", "PM25", "NMVOC", "NH3", "CO2")


def species_chart(
    totals: xr.DataArray,
    *,
    reference: xr.DataArray | None,
    species: Sequence[str],
    title: str,
    color: str,
    year: int,
    base_year: int,
    heading: str,
) -> Figure:
    """Total of every species over the years.

    Parameters
    ----------
    totals, reference : DataArray (year, sector, species)
        Tg yr-1; ``reference`` is drawn beside where given.
    species : sequence of str
    title : str
        Title of the scenario.
    color : str
        Colour of the scenario.
    year, base_year : int
        The year that is marked, and the last history year.
    heading : str
    """
    cols = 5 if len(species) > 6 else 3
    rows = -(-len(species) // cols)
    fig = new_figure(2.25 * cols + 0.5, 2.0 * rows + 0.9)
    past = totals.sel(year=slice(None, base_year))
    lines = {"Reference (counterfactual)": (reference, BASE)} if reference is not None else {}
    if past.sizes["year"] < totals.sizes["year"]:
        lines[title] = (totals, color)
    lines["History"] = (past, "black")
    axes = fig.subplots(rows, cols, squeeze=False)
    for ax, name in zip(axes.flat, species, strict=False):
        _panel(ax, {label: (t.sel(species=name), color) for label, (t, color) in lines.items()})
        if int(totals["year"][0]) < year < int(totals["year"][-1]):
            ax.axvline(year, color="#707070", linewidth=0.7, linestyle="--")
        ax.set_title(PRETTY[name])
    finish_panels(fig, axes, used=len(species), heading=heading)
    return fig


def _panel(ax: Axes, lines: dict[str, tuple[xr.DataArray, str]]) -> None:
    top = 0.0
    for label, (totals, color) in lines.items():
        series = totals.sum("sector")
        ax.plot(series["year"].values, series.values, color=color, linewidth=1.4, label=label)
        top = max(top, float(series.max()))
    ax.set_ylim(0, 1.08 * top or 1.0)
    ax.grid(axis="y", color="#EBEBEB", linewidth=0.5)


def sectors_chart(totals: xr.DataArray, *, year: int, base_year: int, heading: str) -> Figure:
    """Stacked areas of sector groups for the main species, Tg yr-1."""
    fig = new_figure(11.0, 5.2)
    years = totals["year"].values
    axes = fig.subplots(2, 3, sharex=True)
    for ax, name in zip(axes.flat, SECTOR_SPECIES, strict=True):
        heights = [
            totals.sel(species=name, sector=[s for s in group if s in totals["sector"].values])
            .sum("sector")
            .values
            for group, _ in SECTOR_GROUPS.values()
        ]
        colors = [color for _, color in SECTOR_GROUPS.values()]
        ax.stackplot(years, heights, colors=colors, labels=list(SECTOR_GROUPS), linewidth=0)
        ax.axvline(base_year, color="black", linewidth=0.6)
        if years[0] < year < years[-1]:
            ax.axvline(year, color="black", linewidth=0.7, linestyle="--")
        ax.set_title(PRETTY[name])
        ax.margins(x=0)
    for ax in axes[:, 0]:
        ax.set_ylabel("Tg yr$^{-1}$")
    handles, labels = axes.flat[0].get_legend_handles_labels()
    fig.legend(handles[::-1], labels[::-1], loc="outside right center")
    fig.suptitle(heading)
    return fig
