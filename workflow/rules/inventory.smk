# Inventory fusion: city x sector x species, one year a job.
INVENTORY_TABLES = tables(
    "regions/city_names_en.csv",
)


rule inventory:
    input:
        tables=INVENTORY_TABLES,
    output:
        inventory="results/inventory/{year}.nc",
        points="results/inventory/points_{year}.csv",
        closure="results/inventory/closure_{year}.csv",
        factors="results/inventory/closing_factors_{year}.csv",
    log:
        "logs/inventory/{year}.log",
    benchmark:
        "benchmarks/rules/inventory/{year}.tsv"
    params:
        code=code_id("scenair.inventory.io"),
        config=section("case", "inventory"),
    resources:
        mem_mb=1500,
        runtime=10,
    script:
        "../scripts/inventory.py"
