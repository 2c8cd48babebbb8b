"""Files of the surrogate in, figures out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scenair.config.case import CaseConfig
from scenair.config.figures import FiguresConfig
from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_netcdf
from scenair.core.io.tables import read_csv
from scenair.core.regions import units
from scenair.figures import fields, surrogate
from scenair.figures.basemap import make_basemap
from scenair.figures.style import house_style, save_figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

    from scenair.core.grids import Grid

#: Cities whose footprints are shown where the case has them: Beijing, Shanghai, Chengdu, Urumqi.
FOOTPRINT_CITIES = (110000, 310000, 510100, 650100)
SKILL = ("parameters", "set", "period", "n", "nmb", "nme", "r")


def draw_surrogate(
    *,
    year: int,
    config: Mapping[str, Any],
    annual: str | Path,
    responsibility: str | Path,
    pairs: str | Path,
    evaluation: str | Path,
    figures: Mapping[str, tuple[str, str]],
) -> None:
    """Maps by component, footprints, scatter against monitors.

    Parameters
    ----------
    year : int
        Of the concentrations and monitors.
    config : mapping
        Sections ``case`` and ``figures``.
    annual, responsibility, pairs, evaluation : path
    figures : mapping of stem -> (png, svg)
        Written: ``components``, ``footprints``, ``monitors``.
    """
    case = CaseConfig.model_validate(config["case"])
    options = FiguresConfig.model_validate(config["figures"])
    with house_style(names=options.city_names):
        ds = open_netcdf(annual, variables={"PM25_annual": "ug m-3"})
        base = make_basemap(fields.grid_of(ds, where=str(annual)), case.adcodes())
        told = ("SOA",) if "SOA_annual" in ds else ()
        parts = {n: ds[f"{n}_annual"].values for n in ("PM25", *fields.PARTS, *told)}
        heading = f"Modelled PM$_{{2.5}}$ of {year}, not anchored"
        _save(
            surrogate.component_maps(base, parts, heading=heading), figures["components"], options
        )
        matrix = open_netcdf(responsibility, variables=("footprint", "receptor"))
        coarse = fields.grid_of(matrix, where=str(responsibility))
        found = {
            name: (matrix["footprint"].sel(receptor=code).values, *_project(coarse, lon, lat))
            for code, name, lon, lat in _places(matrix["receptor"].values.tolist())
        }
        drawn = surrogate.footprint_maps(
            make_basemap(coarse, case.adcodes()), found,
            heading="Annual PM$_{2.5}$ of a city per Gg yr$^{-1}$ of primary particles "
            "emitted near the ground",
        )  # fmt: skip
        _save(drawn, figures["footprints"], options)
        columns = ("adcode", "set", "quarter", "observed", "modelled_case_grid")
        scatter = surrogate.monitor_scatter(
            read_csv(pairs, columns=columns),
            read_csv(evaluation, columns=SKILL),
            heading=f"The surrogate and the monitors of {year}: nothing anchored, nothing fitted",
        )
        _save(scatter, figures["monitors"], options)


def draw_surface(
    *,
    config: Mapping[str, Any],
    surface: str | Path,
    errors: str | Path,
    places: str | Path,
    isopleths: str | Path,
    figures: Mapping[str, tuple[str, str]],
) -> None:
    """Isopleths of the places, errors, maps of the regime.

    Parameters
    ----------
    config : mapping
        Sections ``case`` and ``figures``.
    surface, errors, places, isopleths : path
    figures : mapping of stem -> (png, svg)
        Written: ``isopleths``, ``errors``, ``regime``.

    Raises
    ------
    InputError
        The surfaces hold no ozone.
    """
    case = CaseConfig.model_validate(config["case"])
    options = FiguresConfig.model_validate(config["figures"])
    ds = open_netcdf(surface, variables={"nox_emission": "ug s-1"})
    if "peak_ratio" not in ds:
        raise InputError(
            "no ozone in the response surfaces", where=str(surface),
            remedy="switch surrogate.ozone on, or give files with O3_WARM",
        )  # fmt: skip
    table = read_csv(errors, columns=("quantity", "runs", "part", "n_runs", "mne", "max_ne"))
    shown = read_csv(places, columns=("place", "peak_ratio", "voc_to_nox"))
    lines = read_csv(isopleths, columns=("place", "nox_ratio", "nmvoc_ratio", "o3"))
    runs = table[table["part"] == "all"].drop_duplicates("runs").set_index("runs")["n_runs"]
    with house_style(names=options.city_names):
        heading = "Ozone by day, April to September (surrogate: its relative change is what counts)"
        _save(
            surrogate.isopleth_chart(lines, shown, heading=heading), figures["isopleths"], options
        )
        heading = (
            f"Response surfaces: {runs['left_out']} runs fitted and left out in turn, "
            f"{runs['held_out']} held out; dashed: published criterion"
        )
        _save(surrogate.error_chart(table, heading=heading), figures["errors"], options)
        grid: Grid = fields.grid_of(ds, where=str(surface))
        people = ds["nox_emission"].values > 0
        drawn = surrogate.regime_maps(
            make_basemap(grid, case.adcodes()),
            np.ma.masked_where(~people, ds["peak_ratio"].values),
            np.ma.masked_where(~people, ds["voc_to_nox"].values),
            heading="Ozone and its precursors, base year",
        )
        _save(drawn, figures["regime"], options)


def _places(receptors: Sequence[int]) -> Iterator[tuple[int, str, float, float]]:
    """adcode, English name, longitude and latitude of the cities that are shown."""
    known = [code for code in FOOTPRINT_CITIES if code in receptors] or list(receptors[:4])
    frame = units().loc[known]
    point = frame.geometry.representative_point()
    for code, x, y in zip(known, point.x, point.y, strict=True):
        yield code, str(frame.loc[code, "name_en"]), float(x), float(y)


def _project(grid: Grid, lon: float, lat: float) -> tuple[float, float]:
    x, y = grid.project(np.array([lon]), np.array([lat]))
    return float(x[0]), float(y[0])


def _save(fig: Figure, files: tuple[str, str], options: FiguresConfig) -> None:
    save_figure(fig, png=files[0], svg=files[1], dpi=options.dpi)
