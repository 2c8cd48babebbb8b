# Response surfaces of the base year: a design, its runs (also as DESID rules for CMAQ), the fit.
DESIGN_RULES = expand("results/surface/runs/run_{run}.nml", run=DESIGN_RUNS)


rule surface_design:
    input:
        mechanism=resource(DESIGN_MECHANISM),
    output:
        design="results/surface/design.csv",
        rules=DESIGN_RULES,
    log:
        "logs/surface/design.log",
    benchmark:
        "benchmarks/rules/surface_design/case.tsv"
    resources:
        mem_mb=memory(300),
        runtime=minutes(5),
    params:
        code=code_id("scenair.surrogate.io.surface"),
        config=section("surface"),
        mechanism=DESIGN_MECHANISM,
    script:
        "../scripts/surface_design.py"


rule surface_runs:
    input:
        tables=SURROGATE_TABLES,
        design="results/surface/design.csv",
        gridded=f"results/{BASE_YEAR}/history/emissions/gridded.nc",
        meteorology="results/surrogate/meteorology.nc",
        background="results/surrogate/background.nc",
        files=design_results(),
    output:
        runs="results/surface/runs.nc",
    log:
        "logs/surface/runs.log",
    benchmark:
        "benchmarks/rules/surface_runs/case.tsv"
    threads: 4
    resources:
        mem_mb=surface_memory(),
        runtime=minutes(
            5, cell=0.03, times=len(DESIGN_RUNS) / CONFIG.surface.coarsening**2
        ),
    params:
        code=code_id("scenair.surrogate.io.surface"),
        config=section("case", "surrogate", "surface"),
        year=BASE_YEAR,
    script:
        "../scripts/surface_runs.py"


rule surface_fit:
    input:
        design="results/surface/design.csv",
        runs="results/surface/runs.nc",
    output:
        surface="results/surface/surface.nc",
        errors="results/surface/errors.csv",
        places="results/surface/places.csv",
        isopleths="results/surface/isopleths.csv",
    log:
        "logs/surface/fit.log",
    benchmark:
        "benchmarks/rules/surface_fit/case.tsv"
    resources:
        mem_mb=memory(350, cell=5),
        runtime=minutes(5),
    params:
        code=code_id("scenair.surrogate.io.surface"),
        config=section("surface"),
    script:
        "../scripts/surface_fit.py"
