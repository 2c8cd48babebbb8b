"""Files in, figures across scenarios out: one function for the rule ``scenario_figures``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenair.config.case import CaseConfig
from scenair.config.figures import SCENARIO_FIGURES, FiguresConfig
from scenair.core.flags import flag_words
from scenair.core.io.atomic import read_json_object
from scenair.core.io.tables import read_csv
from scenair.core.species import SPECIES
from scenair.figures import fields, scenarios
from scenair.figures.charts import double_chart
from scenair.figures.io_readers import read_trajectory
from scenair.figures.style import house_style, save_figure, scenario_colors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

SUMMARY_KEYS = ("sensitivity", "pm25_limit")
DOUBLE_COLUMNS = ("adcode", "city_type", "peaked", "class")


def draw_scenarios(
    *,
    year: int,
    names: Sequence[str],
    titles: Sequence[str],
    config: Mapping[str, Any],
    trajectories: Sequence[str | Path],
    summaries: Sequence[str | Path],
    doubles: Sequence[str | Path],
    folder: str | Path,
) -> None:
    """Draw the figures of :data:`scenair.config.figures.SCENARIO_FIGURES` as PNG and SVG.

    Parameters
    ----------
    year : int
    names, titles : sequence of str
        Names of the scenarios, which decide their colours, and their titles; in the order of the
        files.
    config : mapping
        Sections ``case`` and ``figures``.
    trajectories, summaries, doubles : sequence of path
        One file a scenario.
    folder : str or Path

    Raises
    ------
    InputError
        A contract file that is missing or damaged.
    """
    options = FiguresConfig.model_validate(config["figures"])
    base_year = CaseConfig.model_validate(config["case"]).base_year
    with house_style(names=options.city_names):
        for stem, fig in _figures(
            year=year,
            colors=dict(zip(titles, scenario_colors(names).values(), strict=True)),
            base_year=base_year,
            other_limit=options.compare_limit,
            trajectories=dict(zip(titles, map(Path, trajectories), strict=True)),
            summaries={
                title: read_json_object(path, keys=SUMMARY_KEYS)
                for title, path in zip(titles, summaries, strict=True)
            },
            doubles={t: read_double(p) for t, p in zip(titles, doubles, strict=True)},
        ):
            if stem not in SCENARIO_FIGURES:
                raise AssertionError(f"a figure that is not listed: {stem}")
            target = Path(folder) / stem
            save_figure(
                fig,
                png=target.with_suffix(".png"),
                svg=target.with_suffix(".svg"),
                dpi=options.dpi,
            )


def _figures(
    *,
    year: int,
    colors: Mapping[str, str],
    base_year: int,
    other_limit: float,
    trajectories: Mapping[str, Path],
    summaries: Mapping[str, Mapping[str, Any]],
    doubles: dict[str, pd.DataFrame],
) -> Iterator[tuple[str, Figure]]:
    totals = {}
    for title, path in trajectories.items():
        emission, facts = read_trajectory(path)
        totals[title] = fields.total_over_units(emission)
        words = flag_words(facts["city_type"])
        doubles[title]["city_type"] = doubles[title]["city_type"].astype(str).replace(words)
    heading = "Emissions by scenario"
    yield (
        "scenarios_trajectories",
        scenarios.trajectories_chart(
            totals, colors=colors, species=SPECIES, base_year=base_year, heading=heading
        ),
    )
    yield (
        "scenarios_outcome",
        scenarios.outcome_chart(
            scenarios.outcomes(summaries, doubles, other_limit=other_limit),
            colors=colors,
            limit=float(next(iter(summaries.values()))["pm25_limit"]),
            other_limit=other_limit,
            heading=f"Outcome in {year} by scenario (whiskers: {_factors(summaries)})",
        ),
    )
    peaked, heading = scenarios.peaked_by_type(doubles), f"CO$_2$ peaked by {year}"
    yield "scenarios_peaked", scenarios.peaked_chart(peaked, colors=colors, heading=heading)
    classes = scenarios.double_by_scenario(doubles)
    yield "scenarios_double", double_chart(classes, heading=f"Double attainment, {year}")


def _factors(summaries: Mapping[str, Mapping[str, Any]]) -> str:
    """The multiples of the background that the runs were taken at."""
    found = [item["background_factor"] for s in summaries.values() for item in s["sensitivity"]]
    return f"background × {min(found):g} to {max(found):g}"


def read_double(path: str | Path) -> pd.DataFrame:
    """``double.csv`` with the columns that figures need."""
    return read_csv(path, columns=DOUBLE_COLUMNS)
