# Asked for by name: figures of the surrogate itself and of its response surfaces.
SURROGATE_FIGURES = ("components", "footprints", "monitors")
SURFACE_FIGURES = ("isopleths", "errors", "regime")


rule surrogate_figures:
    input:
        annual=f"results/{MONITOR_YEAR}/history/air_quality/annual.nc",
        responsibility=f"results/responsibility/{BASE_YEAR}.nc",
        pairs="results/surrogate/calibration/pairs.csv",
        evaluation="results/surrogate/calibration/evaluation.csv",
    output:
        png=expand("results/surrogate/figures/{stem}.png", stem=SURROGATE_FIGURES),
        svg=expand("results/surrogate/figures/{stem}.svg", stem=SURROGATE_FIGURES),
    log:
        "logs/surrogate/figures.log",
    benchmark:
        "benchmarks/rules/surrogate_figures/case.tsv"
    resources:
        mem_mb=memory(450, cell=8),
        runtime=minutes(5),
    params:
        code=code_id("scenair.figures.io_surrogate"),
        config=section("case", "figures"),
        stems=SURROGATE_FIGURES,
        year=MONITOR_YEAR,
    script:
        "../scripts/surrogate_figures.py"


rule surface_figures:
    input:
        surface="results/surface/surface.nc",
        errors="results/surface/errors.csv",
        places="results/surface/places.csv",
        isopleths="results/surface/isopleths.csv",
    output:
        png=expand("results/surface/figures/{stem}.png", stem=SURFACE_FIGURES),
        svg=expand("results/surface/figures/{stem}.svg", stem=SURFACE_FIGURES),
    log:
        "logs/surface/figures.log",
    benchmark:
        "benchmarks/rules/surface_figures/case.tsv"
    resources:
        mem_mb=memory(400, cell=4),
        runtime=minutes(5),
    params:
        code=code_id("scenair.figures.io_surrogate"),
        config=section("case", "figures"),
        stems=SURFACE_FIGURES,
    script:
        "../scripts/surface_figures.py"


# the whole of a topic by one name
rule response_surface:
    input:
        rules.surface_fit.output,
        rules.surface_figures.output,


rule surrogate_evaluation:
    input:
        rules.calibration.output,
        rules.surrogate_figures.output,
