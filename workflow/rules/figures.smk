# Figures of one year and scenario, from contract files only.
include: "report_inputs.smk"


rule figures:
    input:
        trajectory="results/trajectories/{scenario}.nc",
        reference=reference_trajectory,
        gridded="results/{year}/{scenario}/emissions/gridded.nc",
        annual="results/{year}/{scenario}/air_quality/annual.nc",
        annual_base=f"results/{MONITOR_YEAR}/history/air_quality/annual.nc",
        cities="results/{year}/{scenario}/attainment/cities.csv",
        sites="results/{year}/{scenario}/attainment/sites.csv",
        double="results/{year}/{scenario}/attainment/double.csv",
        fused="results/{year}/{scenario}/attainment/fused.nc",
        cities_fused="results/{year}/{scenario}/attainment/cities_fused.csv",
        exposure="results/{year}/{scenario}/attainment/exposure.csv",
        tables=tables("regions/city_names_en.csv", "attainment/standards.csv"),
    output:
        png=expand(
            "results/{{year}}/{{scenario}}/figures/{stem}.png", stem=FIGURE_STEMS
        ),
        svg=expand(
            "results/{{year}}/{{scenario}}/figures/{stem}.svg", stem=FIGURE_STEMS
        ),
    log:
        "logs/figures/{year}_{scenario}.log",
    benchmark:
        "benchmarks/rules/figures/{year}_{scenario}.tsv"
    resources:
        mem_mb=FIGURES_MB,
        runtime=minutes(10),
    params:
        code=code_id("scenair.figures.io"),
        config=section("case", "figures"),
        title=lambda wildcards: scenario_title(wildcards.scenario),
    script:
        "../scripts/figures.py"


# figures of a paper: all scenarios of a year beside each other
rule scenario_figures:
    input:
        trajectories=expand("results/trajectories/{scenario}.nc", scenario=COMPARED),
        summaries=expand(
            "results/{{year}}/{scenario}/attainment/summary.json", scenario=COMPARED
        ),
        doubles=expand(
            "results/{{year}}/{scenario}/attainment/double.csv", scenario=COMPARED
        ),
    output:
        png=expand("results/paper/{{year}}/{stem}.png", stem=SCENARIO_STEMS),
        svg=expand("results/paper/{{year}}/{stem}.svg", stem=SCENARIO_STEMS),
    log:
        "logs/scenario_figures/{year}.log",
    benchmark:
        "benchmarks/rules/scenario_figures/{year}.tsv"
    resources:
        mem_mb=500,
        runtime=minutes(10),
    params:
        code=code_id("scenair.figures.io_scenarios"),
        config=section("case", "figures"),
        names=COMPARED,
        titles=[SCENARIOS[name].title for name in COMPARED],
    script:
        "../scripts/scenario_figures.py"


# measures and peaks over all scenarios
rule measure_figures:
    input:
        tables=tables("projection/measure_names.csv"),
        potentials="results/projection/potentials.csv",
        scores="results/projection/peak_scores_types.csv",
        peaks="results/projection/peaks_by_type.csv",
    output:
        png=expand("results/projection/figures/{stem}.png", stem=PROJECTION_STEMS),
        svg=expand("results/projection/figures/{stem}.svg", stem=PROJECTION_STEMS),
    log:
        "logs/measure_figures.log",
    benchmark:
        "benchmarks/rules/measure_figures.tsv"
    resources:
        mem_mb=500,
        runtime=minutes(10),
    params:
        code=code_id("scenair.figures.io_measures"),
        config=section("figures"),
        year=CONFIG.projection.decomposition_year,
        titles={name: SCENARIOS[name].title for name in COMPARED},
    script:
        "../scripts/measure_figures.py"


# what changes the emissions of a scenario, asked for by name
rule driver_figures:
    input:
        tables=tables("projection/measure_names.csv"),
        contributions="results/trajectories/{scenario}.contributions.csv",
        shapley="results/trajectories/{scenario}.shapley.csv",
        sectors="results/trajectories/{scenario}.sectors.csv",
    output:
        png="results/projection/figures/drivers_{scenario}.png",
        svg="results/projection/figures/drivers_{scenario}.svg",
    log:
        "logs/driver_figures/{scenario}.log",
    benchmark:
        "benchmarks/rules/driver_figures/{scenario}.tsv"
    resources:
        mem_mb=500,
        runtime=minutes(10),
    params:
        code=code_id("scenair.figures.io_measures"),
        config=section("figures"),
        title=lambda wildcards: scenario_title(wildcards.scenario),
    script:
        "../scripts/driver_figures.py"


# what a city plan costs and reaches, asked for by name
rule plan_figure:
    input:
        curve="results/{year}/{scenario}/planning/curve.csv",
        receptors="results/{year}/{scenario}/planning/receptors.csv",
        tables=tables("regions/city_names_en.csv"),
    output:
        png="results/{year}/{scenario}/planning/plan.png",
        svg="results/{year}/{scenario}/planning/plan.svg",
    log:
        "logs/plan_figure/{year}_{scenario}.log",
    benchmark:
        "benchmarks/rules/plan_figure/{year}_{scenario}.tsv"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        code=code_id("scenair.figures.io_plans"),
        config=section("figures"),
        title=lambda wildcards: scenario_title(wildcards.scenario),
    script:
        "../scripts/plan_figure.py"


# attainment and CO2 peak over the years, asked for by name
rule path_figure:
    input:
        path="results/attainment/path_{scenario}.csv",
    output:
        png="results/attainment/path_{scenario}.png",
        svg="results/attainment/path_{scenario}.svg",
    log:
        "logs/path_figure/{scenario}.log",
    benchmark:
        "benchmarks/rules/path_figure/{scenario}.tsv"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        code=code_id("scenair.figures.io_plans"),
        config=section("case", "figures"),
        title=lambda wildcards: scenario_title(wildcards.scenario),
    script:
        "../scripts/path_figure.py"
