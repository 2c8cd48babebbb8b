# Attainment: monitors x response, limits by date, cities, double attainment, comparison.


# tables that the configuration names: in the working directory, else in resources/
MONITOR_TABLE, STANDARDS_TABLE, FRACTIONS_TABLE, YEARS_TABLE = (
    name if name and Path(name).is_file() else name and resource(name)
    for name in (
        CONFIG.attainment.monitors,
        CONFIG.attainment.standards,
        CONFIG.attainment.species_fractions,
        CONFIG.attainment.yearly_means,
    )
)

# the counterfactual first, then by name
SIDE_BY_SIDE = sorted(
    SCENARIOS, key=lambda name: (not SCENARIOS[name].counterfactual, name)
)


rule monitors:
    input:
        tables=tables(
            "regions/city_names_en.csv",
            "regions/census2020_county.csv.gz",
            "attainment/site_conditions.csv.gz",
        ),
        records=MONITOR_TABLE,
    output:
        monitors="results/attainment/monitors.nc",
    log:
        "logs/attainment/monitors.log",
    benchmark:
        "benchmarks/rules/monitors/monitors.tsv"
    resources:
        mem_mb=memory(400, cell=9),
        runtime=minutes(10),
    params:
        code=code_id("scenair.attainment.io.places"),
        config=section("case", "attainment"),
    script:
        "../scripts/monitors.py"


rule attainment:
    input:
        air_quality="results/{year}/{scenario}/air_quality/annual.nc",
        base=f"results/{MONITOR_YEAR}/history/air_quality/annual.nc",
        trajectory="results/trajectories/{scenario}.nc",
        monitors="results/attainment/monitors.nc",
        tables=tables(
            "regions/city_names_en.csv",
            "attainment/regions.csv",
            "attainment/gemm.csv",
            "attainment/health.csv",
            "attainment/age_structure.csv",
        ),
        standards=STANDARDS_TABLE,
        fractions=FRACTIONS_TABLE or [],
        years=YEARS_TABLE or [],
    output:
        sites="results/{year}/{scenario}/attainment/sites.csv",
        cities="results/{year}/{scenario}/attainment/cities.csv",
        cities_fused="results/{year}/{scenario}/attainment/cities_fused.csv",
        double="results/{year}/{scenario}/attainment/double.csv",
        sensitivity="results/{year}/{scenario}/attainment/sensitivity.csv",
        exposure="results/{year}/{scenario}/attainment/exposure.csv",
        health="results/{year}/{scenario}/attainment/health.csv",
        fused="results/{year}/{scenario}/attainment/fused.nc",
        summary="results/{year}/{scenario}/attainment/summary.json",
    log:
        "logs/attainment/{year}_{scenario}.log",
    benchmark:
        "benchmarks/rules/attainment/{year}_{scenario}.tsv"
    resources:
        mem_mb=memory(400, cell=9),
        runtime=minutes(10),
    params:
        code=code_id("scenair.attainment.io.build"),
        config=section("case", "attainment"),
    script:
        "../scripts/attainment.py"


# asked for by name, where CMAQ gave daily fields of both runs
rule daily_response:
    input:
        base=f"results/{MONITOR_YEAR}/history/air_quality/daily.nc",
        future="results/{year}/{scenario}/air_quality/daily.nc",
        monitors="results/attainment/monitors.nc",
    output:
        response="results/{year}/{scenario}/attainment/daily_response.csv",
    log:
        "logs/daily_response/{year}_{scenario}.log",
    benchmark:
        "benchmarks/rules/daily_response/{year}_{scenario}.tsv"
    resources:
        mem_mb=memory(400, cell=40),
        runtime=minutes(10),
    params:
        code=code_id("scenair.attainment.io.daily"),
        config=section("case", "attainment"),
    script:
        "../scripts/attainment_daily.py"


# asked for by name: what the limit asks of each city
rule city_targets:
    input:
        cities="results/{year}/{scenario}/attainment/cities.csv",
        cities_fused="results/{year}/{scenario}/attainment/cities_fused.csv",
        air_quality="results/{year}/{scenario}/air_quality/annual.nc",
        monitors="results/attainment/monitors.nc",
        emissions="results/{year}/{scenario}/emissions/cities.nc",
        responsibility=f"results/responsibility/{BASE_YEAR}.nc",
        tables=tables("attainment/target_grades.csv", "attainment/target_steps.csv"),
    output:
        targets="results/{year}/{scenario}/attainment/targets.csv",
    log:
        "logs/city_targets/{year}_{scenario}.log",
    benchmark:
        "benchmarks/rules/city_targets/{year}_{scenario}.tsv"
    resources:
        mem_mb=memory(350, city=0.9),
        runtime=minutes(10),
    params:
        code=code_id("scenair.attainment.io.city_targets"),
        config=section("case", "attainment"),
    script:
        "../scripts/attainment_targets.py"


# asked for by name: which measures, where and at what cost, bring cities to their limit
rule city_plan:
    input:
        targets="results/{year}/{scenario}/attainment/targets.csv",
        responsibility=f"results/responsibility/{BASE_YEAR}.nc",
        potentials="results/projection/potentials.nc",
        emissions="results/{year}/{scenario}/emissions/cities.nc",
        used="results/trajectories/{scenario}.measures.csv",
        double="results/{year}/{scenario}/attainment/double.csv",
        tables=tables(
            "planning/measure_costs.csv",
            "planning/equivalents.csv",
            "projection/measure_names.csv",
        ),
    output:
        portfolio="results/{year}/{scenario}/planning/portfolio.csv",
        receptors="results/{year}/{scenario}/planning/receptors.csv",
        needs="results/{year}/{scenario}/planning/needs.csv",
        curve="results/{year}/{scenario}/planning/curve.csv",
    log:
        "logs/city_plan/{year}_{scenario}.log",
    benchmark:
        "benchmarks/rules/city_plan/{year}_{scenario}.tsv"
    resources:
        mem_mb=memory(350, city=0.9),
        runtime=minutes(10),
    params:
        code=code_id("scenair.planning.io"),
        config=section("case"),
    script:
        "../scripts/city_plan.py"


# asked for by name: the years in between are run for it
rule attainment_path:
    input:
        fused=expand(
            "results/{year}/{{scenario}}/attainment/cities_fused.csv",
            year=CONFIG.attainment.path_years,
        ),
        trajectory="results/trajectories/{scenario}.nc",
        standards=STANDARDS_TABLE,
    output:
        path="results/attainment/path_{scenario}.csv",
    log:
        "logs/attainment_path/{scenario}.log",
    benchmark:
        "benchmarks/rules/attainment_path/{scenario}.tsv"
    resources:
        mem_mb=memory(450),
        runtime=minutes(10),
    params:
        code=code_id("scenair.attainment.io.paths"),
        config=section("case", "attainment"),
    script:
        "../scripts/attainment_path.py"


# asked for by name: how far the raw model is from the monitors
rule performance:
    input:
        air_quality=f"results/{MONITOR_YEAR}/history/air_quality/annual.nc",
        monitors="results/attainment/monitors.nc",
        tables=tables("attainment/regions.csv", "attainment/benchmarks.csv"),
    output:
        performance="results/attainment/performance.csv",
        soccer="results/attainment/performance_soccer.png",
        taylor="results/attainment/performance_taylor.png",
    log:
        "logs/attainment/performance.log",
    benchmark:
        "benchmarks/rules/performance/performance.tsv"
    resources:
        mem_mb=memory(400),
        runtime=minutes(10),
    params:
        code=code_id("scenair.attainment.io.raw_model"),
        config=section("case", "attainment"),
    script:
        "../scripts/attainment_performance.py"


# all scenarios of a year; asked for by name, what is missing is run for it
rule comparison:
    input:
        summaries=expand(
            "results/{{year}}/{scenario}/attainment/summary.json",
            scenario=SIDE_BY_SIDE,
        ),
        cities=expand(
            "results/{{year}}/{scenario}/attainment/cities_fused.csv",
            scenario=SIDE_BY_SIDE,
        ),
        trajectories=expand("results/trajectories/{scenario}.nc", scenario=SIDE_BY_SIDE),
        base_cities=f"results/{BASE_YEAR}/history/attainment/cities_fused.csv",
        tables=tables("attainment/city_study.csv"),
    output:
        comparison="results/comparison/{year}.csv",
        attaining="results/comparison/attaining_{year}.csv",
        contributions="results/comparison/contributions_{year}.csv",
        double="results/comparison/double_{year}.csv",
        published="results/comparison/published_{year}.csv",
        text="results/comparison/{year}.md",
    log:
        "logs/comparison/{year}.log",
    benchmark:
        "benchmarks/rules/comparison/{year}.tsv"
    resources:
        mem_mb=memory(500),
        runtime=minutes(10),
    params:
        code=code_id("scenair.attainment.io.compare"),
        scenarios=SIDE_BY_SIDE,
        base_year=BASE_YEAR,
    script:
        "../scripts/comparison.py"
