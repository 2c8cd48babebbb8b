"""The rule ``performance``: the raw model of the monitor year against the monitors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from scenair.attainment.io.model import read_air_quality
from scenair.attainment.io.places import read_monitors
from scenair.attainment.performance import judge, statistics, taylor
from scenair.attainment.response import array_radius, at_cells
from scenair.config.attainment import AttainmentConfig
from scenair.config.case import CaseConfig
from scenair.core.io.tables import read_table, write_csv
from scenair.core.periods import QUARTERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

#: Groups with fewer records get no statistics.
FEWEST: Final = 5


def build_performance(
    *, config: Mapping[str, Any], air_quality: str | Path, monitors: str | Path, out: str | Path
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
        std_ratio and centred_rmse (Taylor), mfb_level and mfe_level (Boylan and Russell 2006).
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
    write_csv(pd.DataFrame(rows), out)


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
    level = judge(values, benchmarks, item="PM25_24h", source="boylan2006")
    return {
        **values,
        "std_ratio": diagram["std_ratio"],
        "centred_rmse": diagram["centred_rmse"],
        "mfb_level": level["mfb"],
        "mfe_level": level["mfe"],
    }
