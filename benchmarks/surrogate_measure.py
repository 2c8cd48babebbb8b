"""A measure by the responsibility matrix: how long it takes and how it compares with the model.

Usage, in a working directory that has the files::

    python benchmarks/surrogate_measure.py results/responsibility/2017.nc \
        results/2017/history results/2030/peak

The change of emissions between the two runs goes through the matrix; the change of the city means
of the two ``annual.nc`` is printed beside it (population weighted over the receptors).
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from scenair.core.grids import grid_from_attributes
from scenair.core.io.netcdf import open_netcdf
from scenair.surrogate.io.responsibility import city_weights
from scenair.surrogate.measures import Responsibility


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("responsibility", type=Path)
    parser.add_argument("base", type=Path)
    parser.add_argument("scenario", type=Path)
    parser.add_argument("--repeat", type=int, default=20)
    given = parser.parse_args()
    ds = open_netcdf(given.responsibility)
    begin = time.perf_counter()
    matrix = Responsibility(ds)
    print(f"matrix of {ds['contribution'].size / 1e6:.1f} M figures is ready in "
          f"{(time.perf_counter() - begin) * 1e3:.0f} ms")  # fmt: skip
    emission = [
        open_netcdf(p / "emissions/cities.nc")["emission"].rename(city="source_city")
        for p in (given.base, given.scenario)
    ]
    change = (emission[1] - emission[0]).sel(species=ds["species"].values)
    times = []
    for _ in range(given.repeat):
        begin = time.perf_counter()
        effect = matrix.effect(change)
        times.append(time.perf_counter() - begin)
    print(f"one change of all cities, sectors and species: {min(times) * 1e3:.1f} ms at best, "
          f"{np.median(times) * 1e3:.1f} ms in the middle")  # fmt: skip
    annual = [open_netcdf(p / "air_quality/annual.nc") for p in (given.base, given.scenario)]
    weights = city_weights(grid_from_attributes(annual[0]["crs"].attrs), ds["receptor"].values)
    modelled = weights @ (annual[1]["PM25_annual"] - annual[0]["PM25_annual"]).values.ravel()
    print(f"mean over {len(effect)} cities: matrix {effect.mean():.2f}, model "
          f"{modelled.mean():.2f} ug m-3; r {np.corrcoef(effect, modelled)[0, 1]:.3f}")  # fmt: skip


if __name__ == "__main__":
    main()
