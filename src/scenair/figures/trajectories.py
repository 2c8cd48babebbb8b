"""Trajectories of national emissions by species and by sector group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from scenair.figures.style import BASE, PRETTY, SCENARIO, SECTOR_GROUPS, new_figure

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
    year, base_year : int
        The year that is marked, and the last history year.
    heading : str
    """
    cols = 5 if len(species) > 6 else 3
    rows = -(-len(species) // cols)
    fig = new_figure(2.25 * cols + 0.5, 2.0 * rows + 0.9)
    for ax, name in zip(fig.subplots(rows, cols, squeeze=False).flat, species, strict=False):
        if reference is not None:
            _line(
                ax, reference, name, color=BASE, linestyle="-", label="Reference (counterfactual)"
            )
        _line(ax, totals, name, color=SCENARIO, label=title)
        past = totals.sel(year=slice(None, base_year))
        _line(ax, past, name, color="black", label="History")
        if int(totals["year"][0]) < year < int(totals["year"][-1]):
            ax.axvline(year, color="#707070", linewidth=0.7, linestyle="--")
        ax.set_title(PRETTY[name])
        ax.set_ylim(bottom=0)
        ax.grid(axis="y", color="#EBEBEB", linewidth=0.5)
    axes = fig.axes
    for k, ax in enumerate(axes):
        if k >= len(species):
            ax.set_visible(False)
        elif k % cols == 0:
            ax.set_ylabel("Tg yr$^{-1}$")
    handles, labels = axes[0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside lower center", ncols=3)
    fig.suptitle(heading)
    return fig


def _line(ax: Axes, totals: xr.DataArray, name: str, **style: Any) -> None:
    series = totals.sel(species=name).sum("sector")
    ax.plot(series["year"].values, series.values, linewidth=1.4, **style)


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
