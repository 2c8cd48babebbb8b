# Manifest and report of one year and scenario.


rule manifest:
    input:
        files=contract_files,
        figures=expand(
            "results/{{year}}/{{scenario}}/figures/{stem}.png", stem=FIGURE_STEMS
        ),
        brought=brought_files(CHAIN),
    output:
        manifest="results/{year}/{scenario}/manifest.json",
    log:
        "logs/manifest/{year}_{scenario}.log",
    benchmark:
        "benchmarks/rules/manifest/{year}_{scenario}.tsv"
    resources:
        mem_mb=memory(450),
        runtime=minutes(10),
    params:
        code=code_id("scenair.report.io"),
        config=lambda wildcards: whole_config(wildcards.scenario),
    script:
        "../scripts/manifest.py"


rule report:
    input:
        trajectory="results/trajectories/{scenario}.nc",
        annual="results/{year}/{scenario}/air_quality/annual.nc",
        measures=measures_of,
        cities="results/{year}/{scenario}/attainment/cities.csv",
        cities_fused="results/{year}/{scenario}/attainment/cities_fused.csv",
        double="results/{year}/{scenario}/attainment/double.csv",
        sites="results/{year}/{scenario}/attainment/sites.csv",
        summary="results/{year}/{scenario}/attainment/summary.json",
        tables=tables(
            "inventory/meic_national.csv",
            "attainment/city_study.csv",
            "projection/measure_names.csv",
        ),
        manifest="results/{year}/{scenario}/manifest.json",
        figures=expand(
            "results/{{year}}/{{scenario}}/figures/{stem}.png", stem=FIGURE_STEMS
        ),
    output:
        report="results/{year}/{scenario}/report.html",
    log:
        "logs/report/{year}_{scenario}.log",
    benchmark:
        "benchmarks/rules/report/{year}_{scenario}.tsv"
    resources:
        mem_mb=memory(450),
        runtime=minutes(10),
    params:
        code=code_id("scenair.report.io"),
        config=section("case", "figures"),
        words=lambda wildcards: scenario_words(wildcards.scenario),
    script:
        "../scripts/report.py"
