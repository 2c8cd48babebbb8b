# Configuration, names and paths that all rules share.
import os
import sys

from scenair.config import load_config, load_scenarios
from scenair.config.files import require_files
from scenair.config.load import dump
from scenair.core.audit.code import code_id
from scenair.core.errors import ScenairError
from scenair.targets import explain_target, valid_targets

try:
    CONFIG = load_config(config, folder=Path(workflow.basedir, "config"))
    require_files(
        CONFIG, resources=Path(workflow.basedir, "resources"), folder=Path.cwd()
    )
    SCENARIOS = load_scenarios(Path(workflow.basedir, "config", "scenarios"))
except ScenairError as error:
    sys.stderr.write(f"\n[scenair] the configuration can't be used: {error}\n\n")
    sys.stderr.flush()
    os._exit(1)

CASE = CONFIG.case
HISTORY_YEARS = CASE.history
SCENARIO_YEARS = CASE.years
BASE_YEAR = CASE.base_year
MONITOR_YEAR = CASE.monitor_year


# Two wildcards reach file names, no more; every other choice is configuration.
wildcard_constraints:
    year=r"\d{4}",
    scenario=r"[a-z][a-z0-9_]*",


def resource(name):
    """A file of resources/, relative to the working directory."""
    return os.path.relpath(Path(workflow.basedir, "resources", name))


def tables(*names):
    """Resource tables that a rule reads."""
    return [resource(name) for name in names]


def memory(base, cell=0.0, city=0.0, times=1.0):
    """Memory of a job (MB): a base, so much a thousand cells and so much a city.

    Fitted to the two cases with a margin of 1.4; more at each attempt. `times` stands for what
    else the arrays are as long as (days, species). `python -m scenair.core.audit.resources`
    compares it with what was used.
    """
    size = base + times * (cell * CASE.grid.build().size / 1000 + city * CASE.n_units)
    return lambda wildcards, attempt: round(size) * attempt


def minutes(base, cell=0.0, city=0.0, times=1.0):
    """Wall time of a job (minutes), like `memory`; a slow node is given more at each attempt.

    Ten minutes at least: below, a job is the start of an interpreter on a file system that others
    use.
    """
    length = base + times * (cell * CASE.grid.build().size / 1000 + city * CASE.n_units)
    return lambda wildcards, attempt: max(10, round(length)) * attempt


def section(*names):
    """The parts of the configuration that a rule depends on, as plain values."""
    return {name: dump(getattr(CONFIG, name)) for name in names}


PRODUCTS = (
    "emissions/cities.nc",
    "emissions/points.csv",
    "emissions/gridded.nc",
    "emissions/closure.csv",
    "cmaq/closure.csv",
    "air_quality/annual.nc",
    "attainment/cities.csv",
    "attainment/double.csv",
    "attainment/sites.csv",
    "attainment/summary.json",
    "attainment/fused.nc",
    "report.html",
    "manifest.json",
)

TARGETS = valid_targets(
    history_years=HISTORY_YEARS,
    scenario_years=SCENARIO_YEARS,
    scenarios=tuple(SCENARIOS),
)


def product_files(target):
    """Products of one year and scenario; DESID factors only where there is a base to scale."""
    products = (*PRODUCTS, "cmaq/desid") if "history" not in target else PRODUCTS
    return [f"{target}/{product}" for product in products]


def explain_unknown_target(wildcards):
    """Ends a wrong target with one message."""
    typed = f"results/{wildcards.year}/{wildcards.scenario}"
    sys.stderr.write(f"\n[scenair] {explain_target(typed, valid=TARGETS)}\n\n")
    sys.stderr.flush()
    os._exit(1)
