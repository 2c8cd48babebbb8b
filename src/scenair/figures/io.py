"""Files in, figures out: one function for the rule ``figures``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from scenair.config.case import CaseConfig
from scenair.config.figures import FIGURES, FiguresConfig
from scenair.core.errors import InputError
from scenair.core.flags import flag_words
from scenair.core.io.netcdf import open_netcdf, require_finite
from scenair.core.io.tables import read_csv, read_table
from scenair.core.species import SPECIES
from scenair.figures import charts, fields, maps, trajectories
from scenair.figures.basemap import make_basemap
from scenair.figures.style import BASE, house_style, save_figure, scenario_colors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import xarray as xr
    from matplotlib.figure import Figure

    from scenair.core.grids import Grid

CITY_COLUMNS = (
    "adcode", "name_zh", "name_en", "province", "city_type", "population", "monitored",
    "pm25_base", "pm25", "pm25_limit", "pm25_attains",
)  # fmt: skip

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
    n_units = emission.sizes["city"]
    totals = fields.total_over_units(emission)
    reference = None
    if run.sources.reference is not None:
        reference = fields.total_over_units(read_trajectory(run.sources.reference)[0])
    base_year = run.case.base_year
    yield (
        "trajectories_species",
        trajectories.species_chart(
            totals,
            reference=reference,
            species=SPECIES,
            title=run.title,
            color=run.color,
            year=run.year,
            base_year=base_year,
            heading=f"Emissions of the {n_units} units, {run.name}",
        ),
    )
    yield (
        "trajectories_sectors",
        trajectories.sectors_chart(
            totals,
            year=run.year,
            base_year=base_year,
            heading=f"Emissions of the {n_units} units by sector group, {run.name}",
        ),
    )
    last = int(totals["year"][-1])
    table, rest = fields.peak_counts(
        facts["co2_peak_year"].values.tolist(), city_types(facts["city_type"]), last_year=last
    )
    yield (
        "co2_peak_years",
        charts.peak_chart(
            table,
            rest,
            year=run.year,
            last_year=last,
            rest_label=f"highest\nin {last}" if run.is_history else "not\npeaked",
            heading=f"Year of highest direct CO$_2$, {run.name}",
        ),
    )


def _city_figures(run: _Run) -> Iterator[tuple[str, Figure]]:
    cities = read_cities(run.sources.cities)
    monitored = cities[cities["monitored"] & cities["pm25"].notna()]
    names = monitored["name_zh" if run.options.city_names == "zh" else "name_en"]
    yield (
        "city_ranking",
        charts.ranking(
            monitored,
            names=names,
            limit=float(cities["pm25_limit"].iloc[0]),
            other_limit=run.options.compare_limit,
            heading=f"PM$_{{2.5}}$ of the {len(monitored)} monitored cities, {run.heading}",
            labels=(f"{run.case.monitor_year} (monitors)", f"{run.year}"),
        ),
    )
    double = read_csv(run.sources.double, columns=("adcode", "city_type", "class"))
    words = flag_words(read_trajectory(run.sources.trajectory)[1]["city_type"])
    double["city_type"] = double["city_type"].astype(str).replace(words)
    yield (
        "double_attainment",
        charts.double_chart(
            fields.double_counts(double), heading=f"Double attainment, {run.heading}"
        ),
    )
    with open_netcdf(run.sources.annual, variables=part_units()) as ds:
        base = make_basemap(
            grid := fields.grid_of(ds, where=str(run.sources.annual)), run.case.adcodes()
        )
    yield (
        "attainment_map",
        maps.attainment_map(
            base,
            cities,
            heading=f"PM$_{{2.5}}$ attainment, {run.heading}   "
            f"(limit {float(cities['pm25_limit'].iloc[0]):g} µg m$^{{-3}}$)",
        ),
    )
    yield "pm25_parts", _parts(run, grid, cities)
    limit = float(cities["pm25_limit"].iloc[0])
    yield (
        "margin_map",
        maps.margin_map(
            base,
            read_csv(run.sources.cities_fused, columns=FUSED_COLUMNS, dtype={"adcode": "int32"}),
            limit=limit,
            heading=f"How far from the limit, how surely: PM$_{{2.5}}$, {run.heading}",
        ),
    )
    limits = {"limit in force": limit, "WHO 2021": who_guideline()}
    if run.options.compare_limit != limit:
        limits["compared"] = run.options.compare_limit
    yield (
        "exposure_curve",
        charts.exposure_chart(
            read_csv(run.sources.exposure, columns=EXPOSURE_COLUMNS),
            limits=limits,
            labels=(f"{run.case.monitor_year}", f"{run.year}"),
            colors=(BASE, run.color),
            heading=f"Exposure to PM$_{{2.5}}$, {run.heading}",
        ),
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


def part_units() -> dict[str, str]:
    """Annual variables that ``annual.nc`` must have, with their unit."""
    return {f"{name}_annual": "ug m-3" for name in ("PM25", *fields.PARTS)}


def read_trajectory(path: Path) -> tuple[xr.DataArray, xr.Dataset]:
    """Emission (Mg yr-1; in memory) and the facts of the units (type, CO2 peak year)."""
    facts = ("co2_peak_year", "city_type")
    with open_netcdf(path, variables={"emission": "Mg yr-1"}, chunks={}) as ds:
        missing = [name for name in facts if name not in ds.variables]
        if missing:
            raise InputError("variable missing", where=str(path), value=", ".join(missing))
        emission = ds["emission"].load()
        require_finite(emission, where=str(path))
        return emission, ds[list(facts)].load()


def city_types(variable: xr.DataArray) -> list[str]:
    """City types as words."""
    words = flag_words(variable)
    return [words.get(str(value), str(value)) for value in variable.values]


def read_fused(path: Path) -> xr.DataArray:
    """The fused annual mean PM2.5 (y, x), ug m-3."""
    return open_netcdf(path, variables={"PM25_annual": "ug m-3"})["PM25_annual"]


def read_cities(path: Path) -> pd.DataFrame:
    """``cities.csv`` with typed columns, ascending adcode."""
    frame = read_csv(path, columns=CITY_COLUMNS, dtype={"adcode": "int32"})
    frame["monitored"] = as_boolean(frame["monitored"], where=f"{path}, column monitored")
    frame["pm25_attains"] = as_boolean(frame["pm25_attains"], where=f"{path}, column pm25_attains")
    if frame["monitored"].isna().any():
        raise InputError("a city without true or false", where=f"{path}, column monitored")
    return frame.astype({"monitored": bool}).sort_values("adcode", ignore_index=True)


def as_boolean(column: pd.Series, *, where: str) -> pd.Series:
    """``true``/``false``/empty as nullable boolean.

    Raises
    ------
    InputError
        Any other word.
    """
    words = column.map(lambda v: v if pd.isna(v) else str(v).lower())
    wrong = words.notna() & ~words.isin(["true", "false"])
    if wrong.any():
        raise InputError(
            "neither true nor false",
            where=where,
            value=column[wrong].iloc[0],
            allowed="true, false",
        )
    return words.map({"true": True, "false": False}).astype("boolean")


def who_guideline() -> float:
    """Guideline of WHO (2021) for the annual mean of PM2.5, ug m-3."""
    table = read_table("attainment/standards.csv")
    chosen = (table["profile"] == "who-2021-aqg") & (table["pollutant"] == "PM25")
    return float(table.loc[chosen & (table["averaging"] == "annual"), "value"].iloc[0])


def _monitored_positions(run: _Run, cities: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Mean position (m) of the monitors of every monitored city, with its PM2.5 of the year."""
    sites = read_csv(run.sources.sites, columns=("adcode", "lon", "lat"), dtype={"adcode": "int32"})
    place = sites.groupby("adcode")[["lon", "lat"]].mean()
    chosen = cities[cities["monitored"] & cities["pm25"].notna()].set_index("adcode")
    table = chosen.join(place, how="inner")
    x, y = grid.project(table["lon"].to_numpy(), table["lat"].to_numpy())
    return table.assign(x=x, y=y)
