"""The rule ``performance``: the raw model of the monitor year against the monitors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from scenair.attainment.diagrams import soccer, taylor_diagram
from scenair.attainment.io.model import read_air_quality
from scenair.attainment.io.places import read_monitors
from scenair.attainment.performance import judge, statistics, taylor
from scenair.attainment.response import array_radius, at_cells
from scenair.config.attainment import AttainmentConfig
from scenair.config.case import CaseConfig
from scenair.core.io.atomic import atomic_path
from scenair.core.io.tables import read_table, write_csv
from scenair.core.periods import QUARTERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt
    from matplotlib.figure import Figure

#: Groups with fewer records get no statistics.
FEWEST: Final = 5
#: Benchmarks shown: made for daily values, for orientation beside annual and quarterly ones.
SETS: Final = ("boylan2006", "emery2017", "huang2021")
ITEM: Final = "PM25_24h"


def build_performance(
    *,
    config: Mapping[str, Any],
    air_quality: str | Path,
    monitors: str | Path,
    out: str | Path,
    soccer_plot: str | Path,
    taylor_plot: str | Path,
) -> None:
    """Statistics of the raw model by period and region, with goals and criteria.

    Raw values never decide attainment; this says how far they can be trusted in shape. The
    benchmarks were made for daily values and are shown for orientation.

    Parameters
    ----------
    config : mapping
        Sections ``case`` and ``attainment``.
    air_quality : path
        ``annual.nc`` of history in the monitor year.
    monitors : path
        From ``build_monitors``.
    out : path
        CSV: region, period, the statistics of :func:`scenair.attainment.performance.statistics`,
        std_ratio and centred_rmse (Taylor), and for each benchmark that a set gives
        ``STATISTIC_level_SET``: goal, criteria or outside (Boylan and Russell 2006, Emery et al.
        2017, Huang et al. 2021).
    soccer_plot, taylor_plot : path
        PNG.
    """
    case = CaseConfig.model_validate(config["case"])
    options = AttainmentConfig.model_validate(config["attainment"])
    grid = case.grid.build()
    sites, _ = read_monitors(monitors, grid=grid)
    run, _ = read_air_quality(air_quality, grid=grid)
    radius = array_radius(grid.cell_km, longest_km=options.array_km)
    cells = sites.table["cell"].to_numpy(np.int64)
    modelled = at_cells(run.pm25, cells, radius=radius)
    pairs = {"year": (sites.annual(sites.observed), sites.annual(modelled))}
    pairs |= {q: (sites.observed[i], modelled[i]) for i, q in enumerate(QUARTERS)}
    benchmarks = read_table("attainment/benchmarks.csv")
    rows = []
    for region, members in _regions(sites.table["city"]).items():
        if members.sum() < FEWEST:
            continue
        for period, (observed, model) in pairs.items():
            rows.append(
                {"region": region, "period": period}
                | _line(observed[members], model[members], benchmarks)
            )
    table = pd.DataFrame(rows)
    write_csv(table, out)
    source = f"raw model against monitors, {case.monitor_year}"
    _save(soccer(table, _boxes(benchmarks), title=f"PM$_{{2.5}}$, {source}"), soccer_plot)
    _save(taylor_diagram(table, title=f"PM$_{{2.5}}$, {source}"), taylor_plot)


def _boxes(benchmarks: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Goal and criteria of each set that bounds both NMB and NME, percent."""
    rows = benchmarks[benchmarks["item"] == ITEM]
    wide = rows.pivot_table(index=["set", "level"], columns="statistic", values="value")
    wide = wide.dropna(subset=["nmb", "nme"]).sort_values(["nme", "nmb"])
    return {
        f"{name} {level}": (float(bias), float(error))
        for (name, level), bias, error in zip(wide.index, wide["nmb"], wide["nme"], strict=True)
    }


def _save(figure: Figure, path: str | Path) -> None:
    with atomic_path(path) as part:
        figure.savefig(part, format="png", dpi=150, metadata={"Software": None})


def _regions(city: pd.Series) -> dict[str, npt.NDArray[np.bool_]]:
    regions = read_table("attainment/regions.csv")
    out = {"all": np.ones(len(city), dtype=bool)}
    for name, part in regions.groupby("value"):
        out[str(name)] = city.isin(part["adcode"]).to_numpy()
    return out


def _line(
    observed: npt.NDArray[np.float64], model: npt.NDArray[np.float64], benchmarks: pd.DataFrame
) -> dict[str, Any]:
    values = statistics(observed, model)
    diagram = taylor(observed, model)
    levels = {
        f"{statistic}_level_{name}": level
        for name in SETS
        for statistic, level in judge(values, benchmarks, item=ITEM, source=name).items()
    }
    return {
        **values,
        "std_ratio": diagram["std_ratio"],
        "centred_rmse": diagram["centred_rmse"],
        **levels,
    }
