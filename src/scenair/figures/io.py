"""Files in, figures out: one function for the rule ``figures``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from scenair.config.case import CaseConfig
from scenair.config.figures import FIGURES, FiguresConfig
from scenair.core.flags import flag_words
from scenair.core.io.netcdf import open_netcdf, require_finite
from scenair.core.io.tables import read_csv
from scenair.core.species import SPECIES
from scenair.figures import charts, fields, maps, trajectories
from scenair.figures.basemap import make_basemap
from scenair.figures.io_readers import (
    city_types,
    part_units,
    read_cities,
    read_fused,
    read_trajectory,
    who_guideline,
)
from scenair.figures.style import BASE, house_style, save_figure, scenario_colors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import xarray as xr
    from matplotlib.figure import Figure

    from scenair.core.grids import Grid


FUSED_COLUMNS = ("adcode", "basis", "margin", "probability_attains")
EXPOSURE_COLUMNS = ("lower", "share_above_base", "share_above")


@dataclass(frozen=True)
class Sources:
    """Contract files that the figures of one year and scenario are drawn from."""

    trajectory: Path
    gridded: Path
    annual: Path
    annual_base: Path
    cities: Path
    sites: Path
    double: Path
    fused: Path
    cities_fused: Path
    exposure: Path
    reference: Path | None = None


@dataclass(frozen=True)
class _Run:
    year: int
    scenario: str
    title: str
    case: CaseConfig
    options: FiguresConfig
    sources: Sources

    @property
    def name(self) -> str:
        """The scenario in a heading."""
        return "history" if self.is_history else f"scenario “{self.title}”"

    @property
    def is_history(self) -> bool:
        """Whether the year is one of the record, so that nothing follows."""
        return self.year <= self.case.base_year

    @property
    def color(self) -> str:
        """The scenario's colour in every figure."""
        return scenario_colors([self.scenario])[self.scenario]

    @property
    def heading(self) -> str:
        """Year and scenario in a heading."""
        return f"{self.year}, {self.name}"


def draw_figures(
    *,
    year: int,
    scenario: str,
    title: str,
    config: Mapping[str, Any],
    inputs: Mapping[str, str | None],
    folder: str | Path,
) -> None:
    """Draw all figures of :data:`scenair.config.figures.FIGURES` as PNG and SVG.

    Parameters
    ----------
    year : int
    scenario, title : str
        Name of the scenario, which decides its colour, and its title, as shown.
    config : mapping
        Sections ``case`` and ``figures``.
    inputs : mapping
        Paths by the names of :class:`Sources`; ``reference`` may be None.
    folder : str or Path
        Where ``{stem}.png`` and ``{stem}.svg`` go.

    Raises
    ------
    InputError, UnitsError
        A contract file that is missing, damaged or of another unit.
    """
    run = _Run(
        year=year,
        scenario=scenario,
        title=title,
        case=CaseConfig.model_validate(config["case"]),
        options=FiguresConfig.model_validate(config["figures"]),
        sources=Sources(**{k: Path(v) if v else None for k, v in inputs.items()}),  # type: ignore[arg-type]
    )
    left = set(FIGURES)
    with house_style(names=run.options.city_names):
        for stem, fig in _figures(run):
            target = Path(folder) / stem
            save_figure(
                fig,
                png=target.with_suffix(".png"),
                svg=target.with_suffix(".svg"),
                dpi=run.options.dpi,
            )
            left.remove(stem)
    if left:
        raise AssertionError(f"figures not drawn: {sorted(left)}")


def _figures(run: _Run) -> Iterator[tuple[str, Figure]]:
    yield from _trajectory_figures(run)
    yield from _city_figures(run)
    yield from _map_figures(run)


def _trajectory_figures(run: _Run) -> Iterator[tuple[str, Figure]]:
    emission, facts = read_trajectory(run.sources.trajectory)
    totals = fields.total_over_units(emission)
    reference = None
    if run.sources.reference is not None:
        reference = fields.total_over_units(read_trajectory(run.sources.reference)[0])
    years = {"year": run.year, "base_year": run.case.base_year}
    words = f"Emissions of the {emission.sizes['city']} units"
    yield (
        "trajectories_species",
        trajectories.species_chart(
            totals,
            reference=reference,
            species=SPECIES,
            title=run.title,
            color=run.color,
            heading=f"{words}, {run.name}",
            **years,
        ),
    )
    words += f" by sector group, {run.name}"
    yield "trajectories_sectors", trajectories.sectors_chart(totals, heading=words, **years)
    yield "co2_peak_years", _peak_years(run, facts, last=int(totals["year"][-1]))


def _peak_years(run: _Run, facts: xr.Dataset, *, last: int) -> Figure:
    table, rest = fields.peak_counts(
        facts["co2_peak_year"].values.tolist(), city_types(facts["city_type"]), last_year=last
    )
    return charts.peak_chart(
        table,
        rest,
        year=run.year,
        last_year=last,
        rest_label=f"highest\nin {last}" if run.is_history else "not\npeaked",
        heading=f"Year of highest direct CO$_2$, {run.name}",
    )


def _city_figures(run: _Run) -> Iterator[tuple[str, Figure]]:
    cities = read_cities(run.sources.cities)
    yield "city_ranking", _ranking(run, cities)
    yield "double_attainment", _double(run)
    with open_netcdf(run.sources.annual, variables=part_units()) as ds:
        grid = fields.grid_of(ds, where=str(run.sources.annual))
    limit = float(cities["pm25_limit"].iloc[0])
    base = make_basemap(grid, run.case.adcodes())
    words = f"PM$_{{2.5}}$ attainment, {run.heading}   (limit {limit:g} µg m$^{{-3}}$)"
    yield "attainment_map", maps.attainment_map(base, cities, heading=words)
    words = f"How far from the limit, how surely: PM$_{{2.5}}$, {run.heading}"
    table = read_csv(run.sources.cities_fused, columns=FUSED_COLUMNS, dtype={"adcode": "int32"})
    yield "margin_map", maps.margin_map(base, table, limit=limit, heading=words)
    yield "pm25_parts", _parts(run, grid, cities)
    yield "exposure_curve", _exposure(run, limit=limit)


def _ranking(run: _Run, cities: pd.DataFrame) -> Figure:
    monitored = cities[cities["monitored"] & cities["pm25"].notna()]
    return charts.ranking(
        monitored,
        names=monitored["name_zh" if run.options.city_names == "zh" else "name_en"],
        limit=float(cities["pm25_limit"].iloc[0]),
        other_limit=run.options.compare_limit,
        heading=f"PM$_{{2.5}}$ of the {len(monitored)} monitored cities, {run.heading}",
        labels=(f"{run.case.monitor_year} (monitors)", f"{run.year}"),
    )


def _double(run: _Run) -> Figure:
    double = read_csv(run.sources.double, columns=("adcode", "city_type", "class"))
    words = flag_words(read_trajectory(run.sources.trajectory)[1]["city_type"])
    double["city_type"] = double["city_type"].astype(str).replace(words)
    counts = fields.double_counts(double)
    return charts.double_chart(counts, heading=f"Double attainment, {run.heading}")


def _exposure(run: _Run, *, limit: float) -> Figure:
    limits = {"limit in force": limit, "WHO 2021": who_guideline()}
    if run.options.compare_limit != limit:
        limits["compared"] = run.options.compare_limit
    return charts.exposure_chart(
        read_csv(run.sources.exposure, columns=EXPOSURE_COLUMNS),
        limits=limits,
        labels=(f"{run.case.monitor_year}", f"{run.year}"),
        colors=(BASE, run.color),
        heading=f"Exposure to PM$_{{2.5}}$, {run.heading}",
    )


def _parts(run: _Run, grid: Grid, cities: pd.DataFrame) -> Figure:
    people = open_netcdf(run.sources.fused, variables={"population": "persons"})["population"]
    weights = fields.region_weights(
        cities["adcode"].tolist(),
        cities["province"].tolist(),
        grid=grid,
        people=people.transpose("y", "x").values,
    )
    tables = {}
    for year, path in (
        (run.case.monitor_year, run.sources.annual_base),
        (run.year, run.sources.annual),
    ):
        ds = open_netcdf(path, variables=part_units())
        parts = {name: ds[f"{name}_annual"] for name in fields.PARTS}
        tables[str(year)] = fields.regional_parts(parts, weights)
    return charts.parts_chart(tables, heading=f"Parts of PM$_{{2.5}}$, {run.heading}")


def _map_figures(run: _Run) -> Iterator[tuple[str, Figure]]:
    density = {}
    with open_netcdf(run.sources.gridded, variables=maps.DENSITY_LIMITS.keys(), chunks={}) as ds:
        base = make_basemap(fields.grid_of(ds, where=str(run.sources.gridded)), run.case.adcodes())
        for name in maps.DENSITY_LIMITS:
            density[name] = fields.annual_density(ds[name].compute(), year=run.year)
            require_finite(density[name].rename(name), where=str(run.sources.gridded))
    yield "emission_maps", maps.emission_maps(base, density, heading=f"Emissions, {run.heading}")
    annual = open_netcdf(run.sources.annual, variables=part_units())["PM25_annual"]
    before = open_netcdf(run.sources.annual_base, variables=part_units())["PM25_annual"]
    yield (
        "pm25_change_map",
        maps.change_map(
            base,
            before=before,
            after=annual,
            heading=f"Modelled PM$_{{2.5}}$, {run.case.monitor_year} to {run.year}, {run.name}",
        ),
    )
    cities = read_cities(run.sources.cities)
    yield (
        "pm25_map",
        maps.pm25_map(
            base,
            modelled=annual,
            fused=read_fused(run.sources.fused),
            cities=_monitored_positions(run, cities, base.grid),
            limit=float(cities["pm25_limit"].iloc[0]),
            heading=f"PM$_{{2.5}}$, {run.heading}",
        ),
    )


def _monitored_positions(run: _Run, cities: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Mean position (m) of the monitors of every monitored city, with its PM2.5 of the year."""
    sites = read_csv(run.sources.sites, columns=("adcode", "lon", "lat"), dtype={"adcode": "int32"})
    place = sites.groupby("adcode")[["lon", "lat"]].mean()
    chosen = cities[cities["monitored"] & cities["pm25"].notna()].set_index("adcode")
    table = chosen.join(place, how="inner")
    x, y = grid.project(table["lon"].to_numpy(), table["lat"].to_numpy())
    return table.assign(x=x, y=y)
