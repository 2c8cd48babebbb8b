"""Files in, figures of measures and peaks out: one function a rule."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenair.config.figures import PROJECTION_FIGURES, FiguresConfig
from scenair.core.io.tables import read_csv, read_table
from scenair.figures import measures
from scenair.figures.style import house_style, save_figure, scenario_colors

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

NAMES_TABLE = "projection/measure_names.csv"
POTENTIAL_COLUMNS = (
    "measure", "level", "year", *(f"{name}_share" for name in measures.POTENTIAL_SPECIES),
)  # fmt: skip
SCORE_COLUMNS = ("city_type", "cities", "importance", "feasibility", "action", "score")
PEAK_COLUMNS = ("scenario", "city_type", "cities")
CONTRIBUTION_COLUMNS = ("species", "year", "reference", "end_of_pipe", "co_control")
SHAPLEY_COLUMNS = ("measure", "species", "contribution", "standard_error")
SECTOR_COLUMNS = (
    "sector", "start", "end", "cities_peaked", "cities_not_peaked", "change_peaked",
    "change_not_peaked",
)  # fmt: skip


def draw_measures(
    *,
    year: int,
    titles: Mapping[str, str],
    config: Mapping[str, Any],
    potentials: str | Path,
    scores: str | Path,
    peaks: str | Path,
    folder: str | Path,
) -> None:
    """Draw the figures of :data:`scenair.config.figures.PROJECTION_FIGURES` as PNG and SVG.

    Parameters
    ----------
    year : int
        Year of the potentials.
    titles : mapping of scenario -> title
    config : mapping
        Section ``figures``.
    potentials, scores, peaks : path
        ``potentials.csv``, ``peak_scores_types.csv``, ``peaks_by_type.csv``.
    folder : path
        Where the files go.

    Raises
    ------
    InputError
        A file that is missing or lacks a column.
    """
    options = FiguresConfig.model_validate(config["figures"])
    effects = read_csv(potentials, columns=POTENTIAL_COLUMNS)
    names = read_table(NAMES_TABLE)
    reduction = measures.reduction_percent(effects, year=year)
    with house_style():
        figures = {
            "measure_potentials": measures.potentials_chart(
                reduction,
                labels=measures.measure_labels(names, list(reduction.index)),
                sectors=sectors_of(effects, names),
                heading=f"Each measure alone at “best”, {year}: reduction of the national total "
                "(marks: weaker levels)",
            ),
            "type_scores": measures.scores_chart(
                read_csv(scores, columns=SCORE_COLUMNS),
                heading="Scores of city types for an early CO$_2$ peak",
            ),
            "peaked_by_type": measures.peaked_years_chart(
                read_csv(peaks, columns=PEAK_COLUMNS),
                titles=titles,
                colors=scenario_colors(list(titles)),
                heading="Units whose direct CO$_2$ has peaked, by city type and scenario",
            ),
        }
        if set(figures) != set(PROJECTION_FIGURES):
            raise AssertionError(f"figures drawn: {sorted(figures)}")
        for stem, fig in figures.items():
            path = Path(folder) / stem
            png, svg = path.with_suffix(".png"), path.with_suffix(".svg")
            save_figure(fig, png=png, svg=svg, dpi=options.dpi)


def sectors_of(effects: pd.DataFrame, names: pd.DataFrame) -> dict[str, str]:
    """Sector of every measure: its name's row, else the first sector that it moved."""
    known = {str(row["measure"]): str(row["sector"]) for row in names.to_dict("records")}
    for row in effects.drop_duplicates("measure").to_dict("records"):
        moved = str(row.get("sectors", "")).split()
        known.setdefault(str(row["measure"]), moved[0] if moved else "waste_other")
    return known


def draw_drivers(
    *,
    title: str,
    config: Mapping[str, Any],
    contributions: str | Path,
    shapley: str | Path,
    sectors: str | Path,
    png: str | Path,
    svg: str | Path,
) -> None:
    """Draw what changes the emissions of one scenario.

    Parameters
    ----------
    title : str
        Title of the scenario.
    config : mapping
        Section ``figures``.
    contributions, shapley, sectors : path
        The decomposition of the scenario.
    png, svg : path
        Files to write.
    """
    options = FiguresConfig.model_validate(config["figures"])
    values = read_csv(shapley, columns=SHAPLEY_COLUMNS)
    labels = measures.measure_labels(read_table(NAMES_TABLE), values["measure"].unique().tolist())
    with house_style():
        fig = measures.drivers_chart(
            read_csv(contributions, columns=CONTRIBUTION_COLUMNS),
            values,
            read_csv(sectors, columns=SECTOR_COLUMNS),
            labels=labels,
            heading=f"What changes the emissions, scenario “{title}”",
        )
        save_figure(fig, png=png, svg=svg, dpi=options.dpi)
