"""Figures of the history years, one an analytic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from scenair.core.sectors import MEIC_SECTORS
from scenair.inventory.history.analysis import EFFECTS, FALLING, NOT_IDENTIFIED

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LABEL: Final = {
    "SO2": "SO$_2$", "NOx": "NO$_x$", "NMVOC": "NMVOC", "NH3": "NH$_3$", "CO": "CO",
    "PM25": "PM$_{2.5}$", "PM10": "PM$_{10}$", "BC": "BC", "OC": "OC", "CO2": "CO$_2$",
}  # fmt: skip
#: Qualitative colours that print and that colour-blind readers can tell apart (P. Tol).
COLOR: Final = {"SO2": "#CC6677", "NOx": "#117733", "PM25": "#332288", "CO2": "#DDAA33"}
SECTOR_COLOR: Final = {
    "power": "#332288", "industry": "#88CCEE", "residential": "#DDCC77",
    "transportation": "#CC6677", "solvent": "#882255", "agriculture": "#117733",
}  # fmt: skip
EFFECT_LABEL: Final = {
    "population": "people", "affluence": "GDP a head", "activity": "activity a yuan",
    "control": "control", "rest": "factors, fuels",
}  # fmt: skip


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _number(value: object) -> float:
    """A cell of a table as a number."""
    return float(str(value))


def _room(ax: Axes) -> None:
    """Room for labels above the bars: their edges are sticky otherwise."""
    ax.use_sticky_edges = False
    ax.margins(y=0.12)
    ax.set_ylim(bottom=0)


def _plain(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=8)


def sectors(table: pd.DataFrame) -> Figure:
    """Stacked bars of every species by sector of MEIC and year."""
    figure = _figure(14, 6.4)
    years = sorted(table["year"].unique())
    axes = figure.subplots(2, 5)
    for ax, name in zip(axes.ravel(), LABEL, strict=True):
        scale, unit = (1e9, "Pg") if name == "CO2" else (1e6, "Tg")
        bottom = np.zeros(len(years))
        rows = table[table["species"] == name].pivot_table(
            index="year", columns="meic_sector", values="emission"
        )
        for meic in MEIC_SECTORS:
            values = rows[meic].to_numpy() / scale
            ax.bar(years, values, bottom=bottom, color=SECTOR_COLOR[meic], width=0.75, label=meic)
            bottom += values
        ax.set_title(f"{LABEL[name]} ({unit} yr$^{{-1}}$)", fontsize=10)
        ax.set_xticks(years)
        _room(ax)
        _plain(ax)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=6, frameon=False)
    return figure


def falling(table: pd.DataFrame, changes: pd.DataFrame) -> Figure:
    """How the change of cities is spread, and the share that fell."""
    figure = _figure(11, 6)
    first, last = int(table["first_year"].iloc[0]), int(table["last_year"].iloc[0])
    share = table.set_index("species")
    for ax, name in zip(figure.subplots(2, 2).ravel(), FALLING, strict=True):
        values = 100 * changes[changes["species"] == name]["change"].dropna().to_numpy()
        low, high = np.quantile(values, [0.0, 0.99])
        edges = np.linspace(min(low, 0), max(high, 10), 41)
        ax.hist(np.clip(values, edges[0], edges[-1]), bins=list(edges), color=COLOR[name])
        ax.axvline(0, color="0.3", linewidth=0.8)
        text = str(share.loc[name, "share"])
        said = text if text == NOT_IDENTIFIED else f"{100 * float(text):.0f} % fell"
        ax.set_title(f"{LABEL[name]}: {said}", fontsize=10)
        ax.set(xlabel=f"change {first}-{last} (%; last bar: and more)", ylabel="cities")
        _plain(ax)
    text = str(share.loc["all", "share"])
    said = text if text == NOT_IDENTIFIED else f"in {100 * float(text):.0f} % of cities"
    figure.suptitle(
        f"All four fell: {said} ({_number(share.loc['all', 'cities']):.0f} units)", fontsize=11
    )
    return figure


def decoupling(table: pd.DataFrame, names: dict[int, str]) -> Figure:
    """CO2 against GDP over the whole period, with the limits of Tapio's classes."""
    figure = _figure(8.5, 6)
    ax = figure.subplots()
    first, last = table["first_year"].min(), table["last_year"].max()
    whole = table[(table["first_year"] == first) & (table["last_year"] == last)]
    x, y = 100 * whole["gdp_change"], 100 * whole["co2_change"]
    palette = ["#117733", "#88CCEE", "#DDCC77", "#CC6677", "#332288", "#AA4499", "#882255", "#999"]
    for color, (name, part) in zip(palette, whole.groupby("class"), strict=False):
        place = part.index
        ax.scatter(x[place], y[place], label=f"{name} ({len(part)})", s=34, color=color)
    right = float(max(x.max() * 1.05, 1)) if len(x) else 1.0
    left = float(min(x.min() * 1.05, 0)) if len(x) else 0.0
    for slope in (0.8, 1.2):
        ax.plot([0, right], [0, slope * right], color="0.7", linewidth=0.8, linestyle="--")
    if len(whole) <= 40:
        for code, px, py in zip(whole["adcode"], x, y, strict=True):
            ax.annotate(
                names.get(int(code), ""), (px, py), fontsize=7, xytext=(3, 3),
                textcoords="offset points",
            )  # fmt: skip
    ax.axhline(0, color="0.4", linewidth=0.8)
    if len(y):
        ax.set_ylim(min(float(y.min()) * 1.15, -5), max(float(y.max()) * 1.15, 5))
    ax.set_xlim(left, right)
    level = str(whole["level"].iloc[0]) if len(whole) else "unit"
    ax.set(xlabel=f"change of GDP {first}-{last}, current prices (%)",
           ylabel=f"change of CO$_2$ {first}-{last} (%)",
           title=f"Decoupling of CO$_2$ from GDP, one point a {level}")  # fmt: skip
    ax.legend(fontsize=8, frameon=False)
    _plain(ax)
    return figure


def kuznets(table: pd.DataFrame, points: pd.DataFrame | None) -> Figure:
    """Emission a head against GDP a head, one line a unit, with the curve of fixed effects."""
    figure = _figure(10, 7.5)
    rows = table.set_index("species")
    for ax, name in zip(figure.subplots(2, 2).ravel(), FALLING, strict=True):
        verdict = str(rows.loc[name, "verdict"])
        ax.set_title(f"{LABEL[name]}: {verdict.split(':')[0]}", fontsize=10)
        _plain(ax)
        if points is None:
            ax.text(0.5, 0.5, verdict, ha="center", va="center", transform=ax.transAxes, wrap=True)
            ax.set_axis_off()
            continue
        if not np.isfinite(_number(rows.loc[name, "b1"])):
            # the units move with their province: points, but no curve
            ax.scatter(points["income"] / 1e3, points[name], s=5, color="0.75")
            ax.set(xscale="log", yscale="log", xlabel="GDP a head (1000 yuan)")
            continue
        for _, part in points.groupby("adcode"):
            ax.plot(part["income"] / 1e3, part[name], color="0.75", linewidth=0.8)
        ax.scatter(points["income"] / 1e3, points[name], s=5, color=COLOR[name])
        _fitted(
            ax, points, name, b1=_number(rows.loc[name, "b1"]), b2=_number(rows.loc[name, "b2"])
        )
        turn = _number(rows.loc[name, "turning_point_yuan"])
        if bool(rows.loc[name, "inside"]):
            ax.axvline(turn / 1e3, color="0.3", linestyle=":", linewidth=1)
        p = _number(rows.loc[name, "sasabuchi_p"])
        ax.text(0.03, 0.04, f"test of an inverted U: p = {p:.2f}", transform=ax.transAxes,
                fontsize=8)  # fmt: skip
        ax.set(xscale="log", yscale="log", xlabel="GDP a head (1000 yuan)",
               ylabel="kg a head")  # fmt: skip
    return figure


def _fitted(ax: Axes, points: pd.DataFrame, name: str, *, b1: float, b2: float) -> None:
    """The curve through the mean of the data (unit and year effects at their mean)."""
    g, y = np.log(points["income"].to_numpy()), np.log(points[name].to_numpy())
    grid = np.linspace(g.min(), g.max(), 80)
    level = y.mean() - (b1 * g + b2 * g**2).mean()
    ax.plot(np.exp(grid) / 1e3, np.exp(level + b1 * grid + b2 * grid**2), color="black",
            linewidth=1.6)  # fmt: skip


def effects(table: pd.DataFrame) -> Figure:
    """Steps from the first to the last year: the effects of the decomposition."""
    figure = _figure(12, 7)
    nation = table[table["adcode"] == 0].set_index("species")
    for ax, name in zip(figure.subplots(2, 2).ravel(), FALLING, strict=True):
        row = nation.loc[name]
        scale, unit = (1e9, "Pg") if name == "CO2" else (1e6, "Tg")
        level = _number(row["before"])
        labels = [f"{_number(row['first_year']):.0f}"]
        ax.bar(0, level / scale, color="0.55")
        for i, effect in enumerate(EFFECTS, start=1):
            step = _number(row[effect])
            ax.bar(i, step / scale, bottom=level / scale,
                   color="#CC6677" if step > 0 else "#117733")  # fmt: skip
            top = max(level, level + step) / scale
            ax.text(i, top, f"{step / scale:+.2g}", ha="center", va="bottom", fontsize=8)
            level += step
            labels.append(EFFECT_LABEL[effect])
        ax.bar(len(labels), _number(row["after"]) / scale, color="0.55")
        labels.append(f"{_number(row['last_year']):.0f}")
        ax.set_xticks(range(len(labels)), labels, rotation=20)
        ax.set_title(f"{LABEL[name]} ({unit} yr$^{{-1}}$)", fontsize=10)
        _room(ax)
        _plain(ax)
    figure.suptitle("What moved emissions (additive LMDI, provinces summed)", fontsize=11)
    return figure


def lorenz(table: pd.DataFrame, gini: pd.DataFrame) -> Figure:
    """Lorenz curves of the last year, dashed of the first."""
    figure = _figure(6.5, 6)
    ax = figure.subplots()
    years = sorted(table["year"].unique())
    value = gini.pivot_table(index="species", columns="year", values="gini")
    for (year, name), part in table.groupby(["year", "species"], sort=False):
        last = year == years[-1]
        ends = [_number(value.loc[str(name), y]) for y in (years[0], years[-1])]
        label = f"{LABEL[str(name)]}  Gini {ends[0]:.2f} to {ends[1]:.2f}"
        ax.plot(
            part["cities_share"], part["emission_share"], color=COLOR[str(name)],
            linestyle="-" if last else ":", linewidth=1.4, label=label if last else None,
        )  # fmt: skip
    ax.plot([0, 1], [0, 1], color="0.6", linewidth=0.8)
    ax.set(xlabel="share of cities, small emitters first", ylabel="share of emission",
           title=f"Lorenz curves {years[-1]} (dotted: {years[0]})")  # fmt: skip
    ax.legend(fontsize=9, frameon=False)
    _plain(ax)
    return figure


def inequality(table: pd.DataFrame) -> Figure:
    """Gini by year, one line a species."""
    figure = _figure(7, 5)
    ax = figure.subplots()
    wide = table.pivot_table(index="year", columns="species", values="gini")
    for name in LABEL:
        ax.plot(
            wide.index, wide[name], marker="o", markersize=3, label=LABEL[name],
            color=COLOR.get(name), linewidth=2 if name in COLOR else 0.9,
            linestyle="-" if name in COLOR else "--",
        )  # fmt: skip
    ax.set_xticks(list(wide.index))
    ax.set(ylabel="Gini of the cities", title="Inequality of emissions between cities")
    ax.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    _plain(ax)
    return figure


def cocontrol(table: pd.DataFrame, names: dict[int, str]) -> Figure:
    """Change of pollutants against change of CO2 by province."""
    figure = _figure(14, 5)
    for ax, name in zip(figure.subplots(1, 3), ("SO2", "NOx", "PM25"), strict=True):
        rows = table[(table["species"] == name) & (table["adcode"] > 0)]
        x, y = 100 * rows["co2_change"], 100 * rows["pollutant_change"]
        both = (x < 0) & (y < 0)
        ax.scatter(x[both], y[both], s=30, color="#117733", label=f"both fall ({both.sum()})")
        ax.scatter(x[~both], y[~both], s=30, color="#DDAA33", label=f"not both ({(~both).sum()})")
        for code, px, py in zip(rows["adcode"], x, y, strict=True):
            ax.annotate(names.get(int(code), ""), (px, py), fontsize=7, xytext=(3, 3),
                        textcoords="offset points")  # fmt: skip
        ax.axhline(0, color="0.4", linewidth=0.8)
        ax.axvline(0, color="0.4", linewidth=0.8)
        ax.set(xlabel="change of CO$_2$ (%)", ylabel=f"change of {LABEL[name]} (%)")
        ax.legend(fontsize=8, frameon=False)
        _plain(ax)
    figure.suptitle("Co-control: pollutants beside CO$_2$ by province", fontsize=11)
    return figure


def measures(table: pd.DataFrame) -> Figure:
    """Change by measure, pollutants beside CO2."""
    figure = _figure(13, 5)
    shown = (("SO2", 1e6, "Tg"), ("NOx", 1e6, "Tg"), ("PM25", 1e6, "Tg"), ("CO2", 1e9, "Pg"))
    place = np.arange(len(table))[::-1]
    for i, (ax, (name, scale, unit)) in enumerate(
        zip(figure.subplots(1, 4, sharey=True), shown, strict=True)
    ):
        values = table[name].to_numpy() / scale
        colors = ["#CC6677" if v > 0 else "#117733" for v in values]
        ax.barh(place, values, color=colors)
        ax.axvline(0, color="0.4", linewidth=0.8)
        ax.set_title(f"{LABEL[name]} ({unit} yr$^{{-1}}$)", fontsize=10)
        if i == 0:
            ax.set_yticks(place, table["measure"])
        ax.margins(x=0.12)
        _plain(ax)
    figure.suptitle("What single measures did to emissions", fontsize=11)
    return figure
