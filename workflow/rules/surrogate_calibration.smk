# Asked for by name: the free parameters fitted to the named regions, judged by the others.
rule calibration:
    input:
        tables=SURROGATE_TABLES
        + tables(
            "surrogate/calibration_free.csv",
            "surrogate/calibration_sets.csv",
            "surrogate/background_regions.csv",
            CALIBRATION_MONITORS,
        ),
        gridded=f"results/{MONITOR_YEAR}/history/emissions/gridded.nc",
        meteorology="results/surrogate/meteorology.nc",
        background="results/surrogate/background.nc",
        annual=f"results/{MONITOR_YEAR}/history/air_quality/annual.nc",
    output:
        calibration="results/surrogate/calibration/parameters.csv",
        evaluation="results/surrogate/calibration/evaluation.csv",
        pairs="results/surrogate/calibration/pairs.csv",
    log:
        "logs/surrogate/calibration.log",
    benchmark:
        "benchmarks/rules/calibration/case.tsv"
    resources:
        mem_mb=memory(500, cell=30),
        runtime=minutes(5, cell=0.3),
    params:
        code=code_id("scenair.surrogate.io.calibration"),
        config=section("case", "surrogate"),
        coarsening=CALIBRATION_COARSENING,
        monitors=CALIBRATION_MONITORS,
        year=MONITOR_YEAR,
    script:
        "../scripts/calibration.py"
