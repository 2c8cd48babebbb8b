"""Time and memory of scenarios to the horizon, and how they scale with cities.

    python projection_time.py RESULTS [--scale]

RESULTS has ``inventory/``, ``projection/`` and, for scenarios that need it, ``responsibility/``
as the rules write them. A scenario is timed from its files to its trajectory in memory (reading,
choice, full run) and the run alone; processor seconds beside wall seconds, so that a busy machine
shows. ``--scale`` adds cases of 1, 2, 4 and 8 times the cities.
"""

from __future__ import annotations

import argparse
import resource
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from scenair.config.case import CaseConfig
from scenair.config.load import dump, load_scenarios
from scenair.config.projection import ProjectionConfig
from scenair.projection.io import ScenarioInputs
from scenair.projection.io.inputs import Loaded
from scenair.projection.model import project
from scenair.projection.setup import Setup, choose, uniform

REPO = Path(__file__).resolve().parents[1]


def timed(function: object) -> tuple[object, float, float]:
    """Result, wall and processor seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    out = function()  # type: ignore[operator]
    return out, time.perf_counter() - wall, time.process_time() - cpu


def peak_memory() -> float:
    """Largest resident memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def inputs(results: Path, name: str) -> ScenarioInputs:
    """The bundle of a scenario of the project."""
    plan, case = load_scenarios(REPO / "config/scenarios")[name], CaseConfig(name="china-open")
    chooses = plan.select is not None
    by_matrix = chooses and plan.select.weights == "responsibility"
    return ScenarioInputs(
        scenario=dump(plan),
        config={"case": dump(case), "projection": dump(ProjectionConfig())},
        inventories=[results / f"inventory/{y}.nc" for y in case.history],
        points=results / f"inventory/points_{case.base_year}.csv",
        city_types=results / "projection/city_types.csv",
        potentials=results / "projection/potentials.nc" if chooses else None,
        responsibility=results / f"responsibility/{case.base_year}.nc" if by_matrix else None,
    )


def enlarged(setup: Setup, times: int) -> Setup:
    """The same cities several times over, as a case of that many cities."""
    state, drivers = setup.state, setup.drivers

    def more(values: np.ndarray, axis: int = 0) -> np.ndarray:
        return np.concatenate([values] * times, axis=axis)

    n = state.cities.size
    cities = np.concatenate([state.cities + 1_000_000 * i for i in range(times)])
    plants = setup.plants.loc[np.tile(np.arange(len(setup.plants)), times)].reset_index(drop=True)
    plants["adcode"] += np.repeat(np.arange(times), len(setup.plants)) * 1_000_000
    parts = {
        name: more(getattr(drivers, name), axis=1)
        for name in ("population", "urban_population", "gdp", "floor_urban", "floor_rural",
                     "vehicles")
    }  # fmt: skip
    return replace(
        setup,
        state=replace(
            state, cities=cities, province=more(state.province),
            key_region=more(state.key_region), region=more(state.region),
            activity=more(state.activity), emission=more(state.emission),
        ),
        drivers=replace(drivers, **parts),
        features=setup.features.iloc[np.tile(np.arange(n), times)],
        plants=plants,
    )  # fmt: skip


def scaling(setup: Setup) -> None:
    """Run time and memory of one scenario with all measures against the number of cities."""
    print("\ncities   run wall s   run cpu s   peak memory MB")
    for times in (1, 2, 4, 8):
        larger = enlarged(setup, times)
        measures = [(m, uniform(larger, "best")) for m in larger.tables.library]
        choice = choose(larger, measures, policy="best")
        project(larger, choice)
        _, wall, cpu = timed(lambda s=larger, c=choice: project(s, c))
        print(f"{larger.state.cities.size:6d} {wall:12.2f} {cpu:11.2f} {peak_memory():16.0f}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("--scale", action="store_true")
    given = parser.parse_args()
    print("scenario            wall s   cpu s   one run cpu s   peak memory MB")
    total = 0.0
    loaded: Loaded | None = None
    for name in load_scenarios(REPO / "config/scenarios"):
        bundle = inputs(given.results, name)
        found, wall, cpu = timed(bundle.read)
        assert isinstance(found, Loaded)
        loaded = found
        _, _, once = timed(lambda s=found: project(s.setup, s.resolved.choice))
        total += cpu
        print(f"{name:18s} {wall:7.2f} {cpu:7.2f} {once:15.2f} {peak_memory():16.0f}")
    print(f"all scenarios: {total:.1f} s of one processor")
    if given.scale and loaded is not None:
        scaling(loaded.setup)


if __name__ == "__main__":
    main()
