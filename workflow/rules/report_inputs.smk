# What figures and the report of one year and scenario are made from.
from scenair.config.figures import FIGURES, PROJECTION_FIGURES, SCENARIO_FIGURES

FIGURE_STEMS = tuple(FIGURES)
SCENARIO_STEMS = tuple(SCENARIO_FIGURES)
PROJECTION_STEMS = tuple(PROJECTION_FIGURES)
# what a job of figures holds: libraries and city tables, and a species on the grid
FIGURES_MB = 380 + round(0.008 * CASE.grid.build().size)
# the counterfactual first, then by name
COMPARED = sorted(
    SCENARIOS, key=lambda name: (not SCENARIOS[name].counterfactual, name)
)
# rules between what is brought and a result
CHAIN = (
    "inventory",
    "city_types",
    "history_trajectory",
    "trajectory",
    "city_emissions",
    "spatial",
    "gridded",
    "cmaq",
    "meteorology",
    "background",
    "air_quality",
    "monitors",
    "attainment",
)


def brought_files(names):
    """What rules take and none of them makes: resource tables and files of the user."""
    return sorted(
        {
            str(item)
            for name in names
            for item in getattr(rules, name).input
            if isinstance(item, str) and not item.startswith("results/")
        }
    )


def scenario_title(name):
    """Title of a scenario as it is shown."""
    return SCENARIOS[name].title if name in SCENARIOS else "History"


def scenario_words(name):
    """What a scenario says about itself."""
    if name not in SCENARIOS:
        return {
            "title": "History",
            "description": "What was emitted, from published totals; no scenario.",
            "counterfactual": False,
        }
    scenario = SCENARIOS[name]
    return {
        "title": scenario.title,
        "description": scenario.description,
        "counterfactual": scenario.counterfactual,
    }


def whole_config(name):
    """All that was configured, with the scenario's own file."""
    own = dump(SCENARIOS[name]) if name in SCENARIOS else {}
    return {**dump(CONFIG), "scenario": own}


def reference_trajectory(wildcards):
    """The counterfactual beside a scenario: none for history and for itself."""
    if wildcards.scenario in ("history", "reference") or "reference" not in SCENARIOS:
        return []
    return "results/trajectories/reference.nc"


def measures_of(wildcards):
    """Measures of a scenario; the history has none."""
    if wildcards.scenario == "history":
        return []
    return f"results/trajectories/{wildcards.scenario}.measures.csv"


def contract_files(wildcards):
    """Files that a result rests on, from the inventory to attainment; listed in its manifest."""
    target = f"results/{wildcards.year}/{wildcards.scenario}"
    shared = [
        *(f"results/inventory/{year}.nc" for year in HISTORY_YEARS),
        *(f"results/inventory/closure_{year}.csv" for year in HISTORY_YEARS),
        f"results/trajectories/{wildcards.scenario}.nc",
        f"results/trajectories/{wildcards.scenario}.closure.csv",
        "results/projection/city_types.csv",
        "results/geometry/spatial.nc",
        "results/surrogate/meteorology.nc",
        "results/surrogate/background.nc",
        "results/attainment/monitors.nc",
        f"results/{MONITOR_YEAR}/history/air_quality/annual.nc",
    ]
    own = [p for p in PRODUCTS if p not in ("report.html", "manifest.json")]
    if wildcards.scenario != "history":
        shared.append(measures_of(wildcards))
    own += [
        "emissions/cities.closure.csv",
        "air_quality/closure.csv",
        "attainment/cities_fused.csv",
        "attainment/sensitivity.csv",
        "attainment/exposure.csv",
    ]
    files = [*shared, *(f"{target}/{product}" for product in own)]
    return list(dict.fromkeys(files))
