# Sweeps: which scenario-years are solved together, and what their target makes.
from scenair.config.sweep import members_of

SWEPT = members_of(CONFIG.sweep)
QUARTER_NAMES = ("q1", "q2", "q3", "q4")
PARENT = CONFIG.surrogate.parent
CASE_FIELDS_CODE = f"scenair.surrogate.io.{'nest' if PARENT else 'fields'}"
# what a nest reads of its parent, MB
PARENT_MEMORY = 600 if PARENT else 0


def swept_files(name, file):
    """A file of every scenario-year of a sweep."""
    return [
        f"results/{year}/{scenario}/{file}" for year, scenario in SWEEPS[name].members
    ]


def quarters_of(wildcards):
    """The solved quarters of a scenario-year that belongs to a sweep."""
    if PARENT:
        # what enters through the borders differs from year to year: each is solved alone
        return []
    name = SWEPT.get((int(wildcards.year), wildcards.scenario))
    return [f"results/sweep/{name}/{q}.nc" for q in QUARTER_NAMES] if name else []


def tracers_of(year, scenario):
    """Where a run keeps the fields that nests take their inflow from."""
    return f"results/{year}/{scenario}/air_quality/tracers.nc"


def of_parent(*names, year, scenario):
    """Files of the parent's run, or the command that makes them, monitor year included."""
    files = [os.path.join(PARENT, name) for name in names]
    if not all(os.path.exists(file) for file in files):
        wanted = {tracers_of(year, scenario), tracers_of(MONITOR_YEAR, "history")}
        missing = sorted(
            n for n in wanted if not os.path.exists(os.path.join(PARENT, n))
        )
        sys.stderr.write(
            f"\n[scenair] surrogate.parent: {PARENT} lacks what this nest takes its inflow from. "
            "Make it there first (with the parent's own case, if it has one):\n"
            f"  snakemake --cores 4 --directory {PARENT} {' '.join(missing or wanted)}\n\n"
        )
        sys.stderr.flush()
        os._exit(1)
    return files


def parent_of(year, scenario):
    """Tracers and emissions of the parent's same year and scenario, if the case is a nest."""
    if not PARENT:
        return []
    emissions = f"results/{year}/{scenario}/emissions/gridded.nc"
    tracers = tracers_of(year, scenario)
    return of_parent(tracers, emissions, year=year, scenario=scenario)


def parent_files(wildcards):
    return parent_of(wildcards.year, wildcards.scenario)


def parent_of_history(wildcards):
    return parent_of(wildcards.year, "history")


def parent_background(wildcards):
    """The background of the parent, if the case is a nest."""
    return case_file_of_parent("results/surrogate/background.nc")


def parent_meteorology(wildcards):
    """The winds of the parent, if the case is a nest that has not winds of its own grid."""
    return case_file_of_parent("results/surrogate/meteorology.nc")


def case_file_of_parent(file):
    return of_parent(file, year=MONITOR_YEAR, scenario="history") if PARENT else []


def year_memory():
    """Memory of a scenario-year (MB): so much a quarter that is solved at a time."""
    cells = CASE.grid.build().size / 1000
    return (
        lambda wildcards, attempt, threads: round(
            300 + PARENT_MEMORY + cells * (45 + 25 * threads)
        )
        * attempt
    )


def sweep_memory(name):
    """Memory of a quarter (MB): factors, so much a member, and so much a group of 14 at work."""
    cells, members = CASE.grid.build().size / 1000, len(SWEEPS[name].members)
    fixed = 420 + cells * (53 + 2.4 * members)
    groups = -(-members // 14)
    return (
        lambda wildcards, attempt, threads: round(
            fixed + 40 * cells * min(threads, groups)
        )
        * attempt
    )


def compared_years():
    """Years of which the sweeps hold all scenarios, so that a comparison is complete."""
    return sorted(
        {
            year
            for year, _ in SWEPT
            if all((year, scenario) in SWEPT for scenario in SCENARIOS)
        }
    )


def sweep_products(wildcards):
    """Everything that the sweeps of the configuration make."""
    if not SWEPT:
        sys.stderr.write(
            "\n[scenair] no sweep is configured. Give one in the case file or with\n"
            "  --config 'sweep={years: [2025, 2030], scenarios: [peak, reference]}'\n\n"
        )
        sys.stderr.flush()
        os._exit(1)
    targets = [f"results/{year}/{scenario}" for year, scenario in SWEPT]
    files = [file for target in targets for file in product_files(target)]
    return files + [f"results/comparison/{year}.csv" for year in compared_years()]


SWEEPS = CONFIG.sweep
for year, scenario in SWEPT:
    if f"results/{year}/{scenario}" not in TARGETS:
        target = f"results/{year}/{scenario}"
        words = explain_target(target, valid=TARGETS)
        sys.stderr.write(f"\n[scenair] section sweep: {words}\n\n")
        sys.stderr.flush()
        os._exit(1)


DESIGN_RUNS = range(1, CONFIG.surface.runs + CONFIG.surface.held_out + 1)
DESIGN_MECHANISM = f"cmaq/mechanism_{CONFIG.cmaq.mechanism}.csv"


def design_results():
    """Results of the user's own model for the runs of the design."""
    pattern = CONFIG.surface.results
    return [pattern.format(run=run) for run in DESIGN_RUNS] if pattern else []


def surface_memory():
    """Memory of the runs of a design (MB): so much a run and cell, and so much a thread."""
    fine = CASE.grid.build().size / 1000
    cells = fine / CONFIG.surface.coarsening**2
    return (
        lambda wildcards, attempt, threads: round(
            350 + 12 * fine + threads * cells * (60 + 2.2 * len(DESIGN_RUNS))
        )
        * attempt
    )


# cells of 108 km at most; the fit needs some forty runs of a year
CALIBRATION_COARSENING = max(1, min(3, int(108 / CASE.grid.build().cell_km)))

# read by its name within resources/
CALIBRATION_MONITORS = f"attainment/monitors_{MONITOR_YEAR}.csv"
