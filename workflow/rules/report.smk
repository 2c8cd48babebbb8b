# Manifest, report and the comparison of scenarios.


rule manifest:
    input:
        files=contract_files,
        figures=expand(
            "results/{{year}}/{{scenario}}/figures/{stem}.png", stem=FIGURE_STEMS
        ),
        tables=RESOURCE_TABLES,
    output:
        manifest="results/{year}/{scenario}/manifest.json",
    log:
        "logs/manifest/{year}_{scenario}.log",
    benchmark:
        "benchmarks/rules/manifest/{year}_{scenario}.tsv"
    resources:
        mem_mb=700,
        runtime=5,
    params:
        code=code_id("scenair.report.io"),
        config=lambda wildcards: whole_config(wildcards.scenario),
    script:
        "../scripts/manifest.py"


rule report:
    input:
        trajectory="results/trajectories/{scenario}.nc",
        annual="results/{year}/{scenario}/air_quality/annual.nc",
        cities="results/{year}/{scenario}/attainment/cities.csv",
        double="results/{year}/{scenario}/attainment/double.csv",
        summary="results/{year}/{scenario}/attainment/summary.json",
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
        mem_mb=700,
        runtime=5,
    params:
        code=code_id("scenair.report.io"),
        config=section("case", "figures"),
        words=lambda wildcards: scenario_words(wildcards.scenario),
    script:
        "../scripts/report.py"


rule comparison:
    input:
        cities=scenario_results("results/{year}/{scenario}/attainment/cities.csv"),
        summaries=scenario_results("results/{year}/{scenario}/attainment/summary.json"),
        emissions=scenario_results("results/{year}/{scenario}/emissions/cities.nc"),
    output:
        comparison="results/comparison/{year}.csv",
    log:
        "logs/comparison/{year}.log",
    benchmark:
        "benchmarks/rules/comparison/{year}.tsv"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        code=code_id("scenair.report.io"),
        scenarios=tuple(SCENARIOS),
    script:
        "../scripts/comparison.py"
