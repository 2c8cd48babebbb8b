"""Files in, figures of plans out: one function a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from scenair.config.case import CaseConfig
from scenair.config.figures import FiguresConfig
from scenair.core.errors import InputError
from scenair.core.io.tables import read_csv
from scenair.core.regions import units
from scenair.figures import plans
from scenair.figures.io_readers import as_boolean
from scenair.figures.style import house_style, save_figure, scenario_colors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CURVE_COLUMNS: Final = ("measure", "reduction", "unit_cost", "CO2")
RECEPTOR_COLUMNS: Final = ("adcode", "pm25", "pm25_after", "limit")
PATH_COLUMNS: Final = ("adcode", "basis", "co2_peak_year", "peaked")
#: Annual limits of GB 3095 over the years, ug m-3: 2012, transition to 2030, from 2031.
LIMITS: Final = {"35": 35.0, "30": 30.0, "25": 25.0}


def draw_plan(
    *,
    year: int,
    title: str,
    config: Mapping[str, Any],
    curve: str | Path,
    receptors: str | Path,
    png: str | Path,
    svg: str | Path,
) -> None:
    """Draw the cost curve of a city plan and the cities that it is made for.

    Parameters
    ----------
    year : int
    title : str
        Title of the scenario.
    config : mapping
        Section ``figures``.
    curve, receptors : path
        ``planning/curve.csv`` and ``planning/receptors.csv``.
    png, svg : path
        Files to write.

    Raises
    ------
    InputError
        A file that is missing, lacks a column, or names a city that there is not.
    """
    options = FiguresConfig.model_validate(config["figures"])
    cities = read_csv(receptors, columns=RECEPTOR_COLUMNS, dtype={"adcode": "int32"})
    unknown = sorted(set(cities["adcode"]) - set(units().index))
    if unknown:
        raise InputError("unknown city", where=str(receptors), value=unknown[0])
    names = units()["name_zh" if options.city_names == "zh" else "name_en"]
    cities["name"] = names.reindex(cities["adcode"]).to_numpy()
    with house_style(names=options.city_names):
        fig = plans.plan_chart(
            read_csv(curve, columns=CURVE_COLUMNS),
            cities,
            heading=f"Least-cost plan beyond the scenario “{title}”, {year} (costs are assumed)",
        )
        save_figure(fig, png=png, svg=svg, dpi=options.dpi)


def draw_path(
    *,
    scenario: str,
    title: str,
    config: Mapping[str, Any],
    path: str | Path,
    png: str | Path,
    svg: str | Path,
) -> None:
    """Draw the shares of cities that attain and of units that have peaked over the years.

    Parameters
    ----------
    scenario, title : str
        Name, which decides the colour, and title.
    config : mapping
        Sections ``case`` and ``figures``.
    path : path
        ``attainment/path_{scenario}.csv``.
    png, svg : path
        Files to write.
    """
    options = FiguresConfig.model_validate(config["figures"])
    start = CaseConfig.model_validate(config["case"]).monitor_year
    table = read_csv(path, columns=PATH_COLUMNS)
    table["peaked"] = as_boolean(table["peaked"], where=f"{path}, column peaked").fillna(False)
    with house_style():
        fig = plans.path_chart(
            plans.path_shares(table, limits=LIMITS),
            color=scenario_colors([scenario])[scenario],
            n_monitored=int((table["basis"] == "monitor").sum()),
            n_units=len(table),
            heading=f"Attainment and CO$_2$ peak from {start}, scenario “{title}”",
        )
        save_figure(fig, png=png, svg=svg, dpi=options.dpi)
