# The reduced-form model: meteorology and background of the case, concentrations of a scenario-year.
include: "surrogate_inputs.smk"


SURROGATE_TABLES = tables(
    "surrogate/parameters.csv",
)


rule meteorology:
    input:
        tables=SURROGATE_TABLES + tables("surrogate/climate_normals.csv"),
        rain=resource("surrogate/rain_climatology_east_asia.nc"),
        upper=resource("surrogate/wind_300hpa_east_asia.nc"),
        winds=CONFIG.surrogate.meteorology
        or resource("surrogate/mpi_esm_lr_2005_monthly_east_asia.nc"),
        relief=resource("surrogate/etopo20_east_asia.nc"),
        parent=parent_meteorology,
    output:
        meteorology="results/surrogate/meteorology.nc",
    log:
        "logs/surrogate/meteorology.log",
    benchmark:
        "benchmarks/rules/meteorology/case.tsv"
    resources:
        mem_mb=memory(400, cell=5),
        runtime=10,
    params:
        code=code_id(CASE_FIELDS_CODE),
        config=section("case", "surrogate"),
    script:
        "../scripts/meteorology.py"


rule background:
    input:
        tables=tables(
            "surrogate/background.csv",
            "surrogate/background_regions.csv",
            "surrogate/biogenic.csv",
            "regions/city_names_en.csv",
        ),
        parent=parent_background,
    output:
        background="results/surrogate/background.nc",
    log:
        "logs/surrogate/background.log",
    benchmark:
        "benchmarks/rules/background/case.tsv"
    resources:
        mem_mb=memory(450, cell=2),
        runtime=10,
    params:
        code=code_id(CASE_FIELDS_CODE),
        config=section("case", "surrogate"),
    script:
        "../scripts/background.py"


rule air_quality:
    input:
        tables=SURROGATE_TABLES,
        gridded="results/{year}/{scenario}/emissions/gridded.nc",
        cities="results/{year}/{scenario}/emissions/cities.nc",
        meteorology="results/surrogate/meteorology.nc",
        background="results/surrogate/background.nc",
        anchor=[CONFIG.surrogate.anchor] if CONFIG.surrogate.anchor else [],
        quarters=quarters_of,
        parent=parent_files,
    output:
        annual="results/{year}/{scenario}/air_quality/annual.nc",
        closure="results/{year}/{scenario}/air_quality/closure.csv",
    log:
        "logs/air_quality/{year}_{scenario}.log",
    benchmark:
        "benchmarks/rules/air_quality/{year}_{scenario}.tsv"
    threads: 4
    resources:
        mem_mb=year_memory(),
        runtime=minutes(5, cell=0.2),
    params:
        code=code_id("scenair.surrogate.io.annual"),
        config=section("case", "surrogate"),
    script:
        "../scripts/air_quality.py"


# fields of all tracers, for nests; nothing else asks for them
rule tracers:
    input:
        tables=SURROGATE_TABLES,
        gridded="results/{year}/{scenario}/emissions/gridded.nc",
        meteorology="results/surrogate/meteorology.nc",
        background="results/surrogate/background.nc",
        annual="results/{year}/{scenario}/air_quality/annual.nc",
        parent=parent_files,
    output:
        tracers="results/{year}/{scenario}/air_quality/tracers.nc",
    log:
        "logs/tracers/{year}_{scenario}.log",
    benchmark:
        "benchmarks/rules/tracers/{year}_{scenario}.tsv"
    threads: 4
    resources:
        mem_mb=year_memory(),
        runtime=minutes(5, cell=0.2),
    params:
        code=code_id("scenair.surrogate.io.parent"),
        config=section("case", "surrogate"),
    script:
        "../scripts/tracers.py"


rule responsibility:
    input:
        tables=SURROGATE_TABLES
        + tables(
            "regions/census2020_county.csv.gz",
            "regions/city_names_en.csv",
        ),
        gridded="results/{year}/history/emissions/gridded.nc",
        cities="results/{year}/history/emissions/cities.nc",
        meteorology="results/surrogate/meteorology.nc",
        annual="results/{year}/history/air_quality/annual.nc",
        parent=parent_of_history,
    output:
        responsibility="results/responsibility/{year}.nc",
    log:
        "logs/responsibility/{year}.log",
    benchmark:
        "benchmarks/rules/responsibility/{year}.tsv"
    resources:
        mem_mb=memory(400 + PARENT_MEMORY, cell=90),
        runtime=minutes(5, cell=0.25),
    params:
        code=code_id("scenair.surrogate.io.responsibility"),
        config=section("case", "surrogate"),
    script:
        "../scripts/responsibility.py"


include: "surrogate_sweep.smk"
include: "surrogate_surface.smk"
include: "surrogate_calibration.smk"
include: "surrogate_figures.smk"
