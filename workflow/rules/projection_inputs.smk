# Input functions of the projection.
def potentials_of(wildcards):
    """Effects of measures alone, for scenarios that select measures."""
    if SCENARIOS[wildcards.scenario].select is None:
        return []
    return ["results/projection/potentials.nc"]


def responsibility_of(wildcards):
    """The surrogate's matrix, for scenarios that choose measures by it."""
    select = SCENARIOS[wildcards.scenario].select
    if select is None or select.weights != "responsibility":
        return []
    return [f"results/responsibility/{BASE_YEAR}.nc"]


def iamc_of(wildcards):
    """The IAMC file of a scenario."""
    path = SCENARIOS[wildcards.scenario].iamc
    return [path] if path else []


def points_of(wildcards):
    """Plants that a year starts from: its own in the history, else those of the base year."""
    year = wildcards.year if wildcards.scenario == "history" else BASE_YEAR
    return f"results/inventory/points_{year}.csv"


def plants_of(wildcards):
    """Capacity by year of a scenario; the history copies its plants."""
    if wildcards.scenario == "history":
        return []
    return [f"results/trajectories/{wildcards.scenario}.plants.csv"]
