# Inventory fusion: city x sector x species, one year a job.
from glob import glob

from scenair.inventory.history import ANALYTICS
from scenair.inventory.retrieve import registry

INVENTORY_TABLES = tables(
    "inventory/activity_national.csv",
    "inventory/census_change.csv.gz",
    "inventory/combustion.csv",
    "inventory/dwellings.csv.gz",
    "inventory/edgar_national.csv",
    "inventory/emission_factors.csv",
    "inventory/fuel_sulfur.csv",
    "inventory/heat_rates.csv",
    "inventory/heating_season.csv",
    "inventory/meic_national.csv",
    "inventory/plant_operation.csv",
    "inventory/plants.csv.gz",
    "inventory/plausible_ratios.csv",
    "inventory/proxies.csv",
    "inventory/reas_province.csv.gz",
    "inventory/removal.csv",
    "inventory/second_level_2012.csv",
    "inventory/stacks.csv",
    "regions/census2020_city.csv.gz",
    "regions/city_names_en.csv",
    "regions/province_statistics.csv.gz",
)
# files a user brings, watched like any other input
USERS_FILES = [
    path
    for path in (
        CONFIG.inventory.own_inventory,
        CONFIG.inventory.regional_inventory,
        CONFIG.inventory.plant_survey,
    )
    if path is not None
]
GRIDDED_SUMS = (
    ["results/inventory/regional.csv"] if CONFIG.inventory.gridded_inventory else []
)
GRIDDED_FILES = sorted(
    file
    for pattern in CONFIG.inventory.gridded_inventory
    for file in glob(pattern, recursive=True)
)


rule inventory:
    input:
        tables=INVENTORY_TABLES,
        users=USERS_FILES,
        gridded_sums=GRIDDED_SUMS,
    output:
        inventory="results/inventory/{year}.nc",
        points="results/inventory/points_{year}.csv",
        closure="results/inventory/closure_{year}.csv",
        factors="results/inventory/closing_factors_{year}.csv",
        conflicts="results/inventory/conflicts_{year}.csv",
        quality="results/inventory/quality_{year}.csv",
    log:
        "logs/inventory/{year}.log",
    benchmark:
        "benchmarks/rules/inventory/{year}.tsv"
    resources:
        mem_mb=memory(500),
        runtime=minutes(10),
    params:
        code=code_id("scenair.inventory.io"),
        config=section("case", "inventory"),
    script:
        "../scripts/inventory.py"


# a user's MEIC, MIX, HTAP, EDGAR or CEDS grids, summed to provinces
rule inventory_regional:
    input:
        files=GRIDDED_FILES,
    output:
        regional="results/inventory/regional.csv",
    log:
        "logs/inventory_regional.log",
    benchmark:
        "benchmarks/rules/inventory_regional.tsv"
    resources:
        mem_mb=1000,
        runtime=minutes(10),
    params:
        code=code_id("scenair.inventory.io"),
        config=section("inventory"),
    script:
        "../scripts/inventory_regional.py"


# the county vehicle model on private cars, beside the road sector of the inventory
rule inventory_vehicles:
    input:
        inventory="results/inventory/{year}.nc",
        tables=tables(
            "inventory/province_conditions.csv",
            "inventory/vehicle_corrections.csv",
            "inventory/vehicle_factors.csv",
            "inventory/vehicle_fleet.csv",
            "regions/census2020_county.csv.gz",
            "regions/province_statistics.csv.gz",
        ),
    output:
        vehicles="results/inventory/vehicles_{year}.csv",
        comparison="results/inventory/vehicles_comparison_{year}.csv",
    log:
        "logs/inventory_vehicles/{year}.log",
    benchmark:
        "benchmarks/rules/inventory_vehicles/{year}.tsv"
    resources:
        mem_mb=memory(420),
        runtime=minutes(10),
    params:
        code=code_id("scenair.inventory.io"),
    script:
        "../scripts/inventory_vehicles.py"


rule inventory_uncertainty:
    input:
        inventory="results/inventory/{year}.nc",
        tables=tables("inventory/uncertainty.csv"),
    output:
        uncertainty="results/inventory/uncertainty_{year}.nc",
    log:
        "logs/inventory_uncertainty/{year}.log",
    benchmark:
        "benchmarks/rules/inventory_uncertainty/{year}.tsv"
    resources:
        mem_mb=memory(430),
        runtime=minutes(10),
    params:
        code=code_id("scenair.inventory.io"),
        config=section("inventory"),
    script:
        "../scripts/inventory_uncertainty.py"


CITY_STATISTICS = [
    path for path in (CONFIG.inventory.city_statistics,) if path is not None
]


# what happened: the years side by side, then one rule an analytic (snakemake inventory_history)
rule inventory_panel:
    input:
        inventories=expand("results/inventory/{year}.nc", year=HISTORY_YEARS),
    output:
        panel="results/inventory/history/panel.nc",
    log:
        "logs/inventory_panel.log",
    benchmark:
        "benchmarks/rules/inventory_panel.tsv"
    resources:
        mem_mb=memory(460),
        runtime=minutes(10),
    params:
        code=code_id("scenair.inventory.io_history"),
        years=list(HISTORY_YEARS),
    script:
        "../scripts/inventory_panel.py"


for name in ANALYTICS:

    rule:
        name:
            f"inventory_{name}"
        input:
            panel="results/inventory/history/panel.nc",
            statistics=CITY_STATISTICS,
            tables=tables("regions/province_statistics.csv.gz"),
        output:
            table=f"results/inventory/history/{name}.csv",
            figure=f"results/inventory/history/{name}.png",
        log:
            f"logs/inventory_{name}.log",
        benchmark:
            f"benchmarks/rules/inventory_{name}.tsv"
        resources:
            mem_mb=memory(460),
            runtime=minutes(10),
        params:
            code=code_id("scenair.inventory.io_history"),
            config=section("inventory"),
            name=name,
        script:
            "../scripts/inventory_history.py"


rule inventory_history:
    input:
        expand(
            "results/inventory/history/{name}.{kind}",
            name=ANALYTICS,
            kind=("csv", "png"),
        ),


# data that do not ship, on demand: snakemake retrieve_census_2020_county
for source in registry(Path(workflow.basedir, "resources", "registry.csv")).values():

    rule:
        name:
            f"retrieve_{source.name}"
        input:
            registry=ancient(resource("registry.csv")),
        output:
            file=resource(f"retrieved/{source.file}"),
        log:
            f"logs/retrieve/{source.name}.log",
        benchmark:
            f"benchmarks/rules/retrieve/{source.name}.tsv"
        resources:
            mem_mb=500,
            runtime=60,
        params:
            source=source.name,
        script:
            "../scripts/inventory_retrieve.py"
