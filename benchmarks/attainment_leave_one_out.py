"""Leave-one-out skill of the fusion methods on real cities.

Observations: annual PM2.5 of 2015, 183 records keyed by adcode. Model: a published 0.5-degree field
of the same year (evanliu3594/PM2.5-attr-mort, MIT). Both positions of the cities are tried: those
of the station list (shipped) and those of the daily file, of which seven are wrong.

    python benchmarks/attainment_leave_one_out.py FOLDER_OF_DEVELOPMENT_DATA
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from scenair.attainment.fusion import Skill, fuse
from scenair.attainment.interpolation import choose_length, left_out
from scenair.attainment.monitors import monitor_records
from scenair.attainment.summary import count_attaining
from scenair.attainment.weights import neighbour_weights
from scenair.core.grids import CN36
from scenair.core.io.tables import read_table


def count(values: np.ndarray) -> int:
    """Values that attain 35 after rounding."""
    return count_attaining(values, 35.0)


def table(lon: np.ndarray, lat: np.ndarray, observed: np.ndarray, ds: xr.Dataset) -> pd.DataFrame:
    """Skill of every method at the places given."""
    where = {"lat": xr.DataArray(lat, dims="site"), "lon": xr.DataArray(lon, dims="site")}
    cells = ds.sel(where, method="nearest").load()
    model = cells["pm25_base2015"].to_numpy().astype(float)
    after = cells["pm25_ssp1_baseline2030"].to_numpy().astype(float)
    known = np.isfinite(model) & np.isfinite(after) & (model > 0)
    observed, model, after = observed[known], model[known], after[known]
    xy = np.column_stack(CN36.project(lon[known], lat[known]))
    rows = {"raw model": Skill.of(model, observed)}
    for kind, nearest in (("idw", 10), ("voronoi", 30)):
        w = neighbour_weights(xy, xy, neighbours=kind, nearest=nearest, leave_out=True)
        for method in ("vna", "evna", "avna", "log_ratio"):
            rows[f"{kind} {method}"] = Skill.of(
                fuse(w, observed, model, model, method=method), observed
            )
    lengths = [100e3, 200e3, 400e3, 800e3, 1600e3]
    cov = choose_length(xy, observed, model, lengths=lengths)
    rows[f"optimal interpolation, L {cov.length / 1e3:.0f} km"] = Skill.of(
        left_out(xy, observed, model, cov), observed
    )
    factor = after / model
    print(
        f"n {known.sum()}; mean observed {observed.mean():.2f},"
        f" future {(observed * factor).mean():.2f};"
        f" response P5/P50/P95 {np.percentile(factor, [5, 50, 95]).round(3)};"
        f" at or below 35 (GB/T 8170): observed {count(observed)}, monitor x response"
        f" {count(observed * factor)}, raw future {count(after)}"
    )
    return pd.DataFrame({k: vars(v) for k, v in rows.items()}).T.drop(columns="n").round(3)


def main(folder: Path) -> None:
    """Print both tables."""
    obs = folder / "observations"
    with xr.open_dataset(obs / "model_fields/china_pm25_base2015_ssp1_2030_0p5deg.nc") as ds:
        records = monitor_records(read_table("attainment/monitors_2015.csv"), year=2015)
        print("\npositions of the station list (shipped)")
        print(table(*(records[c].to_numpy() for c in ("lon", "lat", "mean")), ds).to_string())
        daily = pd.read_csv(obs / "china_183cities_daily_pm25_2014_2015.csv.gz")
        year = daily[daily["date"].str.startswith("2015")]
        city = year.groupby("city").agg(
            lon=("lon", "first"), lat=("lat", "first"), mean=("pm25", "mean")
        )
        city = city.drop_duplicates(["lon", "lat"])
        print("\npositions of the daily file (seven of them wrong)")
        print(table(*(city[c].to_numpy() for c in ("lon", "lat", "mean")), ds).to_string())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
