# Inventory fusion: city x sector x species, one year a job.
INVENTORY_TABLES = tables(
    "inventory/activity_national.csv",
    "inventory/edgar_national.csv",
    "inventory/emission_factors.csv",
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
OWN_INVENTORIES = [
    path
    for path in (CONFIG.inventory.own_inventory, CONFIG.inventory.regional_inventory)
    if path is not None
]


rule inventory:
    input:
        tables=INVENTORY_TABLES,
        own=OWN_INVENTORIES,
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
        mem_mb=1500,
        runtime=10,
    params:
        code=code_id("scenair.inventory.io"),
        config=section("case", "inventory"),
    script:
        "../scripts/inventory.py"
