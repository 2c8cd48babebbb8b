# City totals and plants to cells and months.
GRIDDING_TABLES = tables(
    "gridding/heights.csv",
    "gridding/months.csv",
    "gridding/sector_heights.csv",
    "gridding/temperature_response.csv",
    "gridding/unit_temperature.csv.gz",
)


rule spatial:
    input:
        rasters=[proxy.path for proxy in CONFIG.gridding.rasters],
        tables=tables(
            "gridding/proxies.csv",
            "gridding/settlement_kernel.csv",
            "gridding/settlements.csv.gz",
            "regions/census2020_county.csv.gz",
        ),
    output:
        spatial="results/geometry/spatial.nc",
    log:
        "logs/spatial.log",
    benchmark:
        "benchmarks/rules/spatial.tsv"
    resources:
        mem_mb=memory(450, cell=5),
        runtime=minutes(10),
    params:
        code=code_id("scenair.gridding.io"),
        config=section("case", "gridding"),
    script:
        "../scripts/spatial.py"


rule gridded:
    input:
        cities="results/{year}/{scenario}/emissions/cities.nc",
        check="results/{year}/{scenario}/emissions/cities.closure.csv",
        points="results/{year}/{scenario}/emissions/points.csv",
        spatial="results/geometry/spatial.nc",
        tables=GRIDDING_TABLES,
    output:
        gridded="results/{year}/{scenario}/emissions/gridded.nc",
        closure="results/{year}/{scenario}/emissions/closure.csv",
    log:
        "logs/gridded/{year}_{scenario}.log",
    benchmark:
        "benchmarks/rules/gridded/{year}_{scenario}.tsv"
    resources:
        mem_mb=memory(300, cell=25),
        runtime=minutes(5, cell=0.1),
    params:
        code=code_id("scenair.gridding.io"),
        config=section("case", "gridding"),
    script:
        "../scripts/gridded.py"
