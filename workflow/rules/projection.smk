# Projection: activity, turnover, measures and controls to the horizon, one scenario a job.
from scenair.config.load import dump as dump_model

HISTORY_INVENTORIES = expand("results/inventory/{year}.nc", year=HISTORY_YEARS)
USER_MEASURES = sorted(
    os.path.relpath(path)
    for path in Path(workflow.basedir, "config", "measures").glob("*.csv")
)
PROJECTION_TABLES = tables(
    "regions/city_names_en.csv",
    *(
        f"projection/{path.name}"
        for path in sorted(
            Path(workflow.basedir, "resources", "projection").glob("*.csv*")
        )
    ),
)


rule city_types:
    input:
        tables=PROJECTION_TABLES,
        inventory=f"results/inventory/{BASE_YEAR}.nc",
    output:
        types="results/projection/city_types.csv",
        quality="results/projection/city_types_quality.csv",
    log:
        "logs/projection/city_types.log",
    benchmark:
        "benchmarks/rules/city_types.tsv"
    resources:
        mem_mb=memory(500),
        runtime=minutes(10),
    params:
        code=code_id("scenair.projection.io"),
        config=section("case", "projection"),
    script:
        "../scripts/city_types.py"


rule history_trajectory:
    input:
        tables=PROJECTION_TABLES,
        inventories=HISTORY_INVENTORIES,
        types="results/projection/city_types.csv",
    output:
        trajectory="results/trajectories/history.nc",
        closure="results/trajectories/history.closure.csv",
    log:
        "logs/projection/history.log",
    benchmark:
        "benchmarks/rules/history_trajectory.tsv"
    resources:
        mem_mb=memory(450),
        runtime=minutes(10),
    params:
        code=code_id("scenair.projection.io"),
        config=section("case", "projection"),
    script:
        "../scripts/history_trajectory.py"


rule measure_potentials:
    input:
        tables=PROJECTION_TABLES,
        user_measures=USER_MEASURES,
        inventories=HISTORY_INVENTORIES,
        points=f"results/inventory/points_{BASE_YEAR}.csv",
        types="results/projection/city_types.csv",
    output:
        potentials="results/projection/potentials.nc",
        table="results/projection/potentials.csv",
        scores="results/projection/peak_scores.csv",
        type_table="results/projection/peak_scores_types.csv",
        sectors="results/projection/key_sectors.csv",
    log:
        "logs/projection/measure_potentials.log",
    benchmark:
        "benchmarks/rules/measure_potentials.tsv"
    resources:
        mem_mb=memory(350, city=0.5),
        runtime=minutes(10),
    params:
        code=code_id("scenair.projection.io"),
        config=section("case", "projection"),
    script:
        "../scripts/measure_potentials.py"


rule trajectory:
    input:
        tables=PROJECTION_TABLES,
        user_measures=USER_MEASURES,
        inventories=HISTORY_INVENTORIES,
        points=f"results/inventory/points_{BASE_YEAR}.csv",
        types="results/projection/city_types.csv",
        potentials=potentials_of,
        responsibility=responsibility_of,
        iamc=iamc_of,
    output:
        trajectory="results/trajectories/{scenario}.nc",
        closure="results/trajectories/{scenario}.closure.csv",
        plants="results/trajectories/{scenario}.plants.csv",
        measures="results/trajectories/{scenario}.measures.csv",
        selection="results/trajectories/{scenario}.selection.csv",
    log:
        "logs/trajectory/{scenario}.log",
    benchmark:
        "benchmarks/rules/trajectory/{scenario}.tsv"
    wildcard_constraints:
        scenario=r"(?!history)[a-z][a-z0-9_]*",
    resources:
        mem_mb=memory(350, city=0.95),
        runtime=minutes(10),
    params:
        code=code_id("scenair.projection.io"),
        config=section("case", "projection"),
        plan=lambda wildcards: dump_model(SCENARIOS[wildcards.scenario]),
    script:
        "../scripts/trajectory.py"


rule city_emissions:
    input:
        trajectory="results/trajectories/{scenario}.nc",
        points=points_of,
        plants=plants_of,
    output:
        cities="results/{year}/{scenario}/emissions/cities.nc",
        points="results/{year}/{scenario}/emissions/points.csv",
        closure="results/{year}/{scenario}/emissions/cities.closure.csv",
    log:
        "logs/city_emissions/{year}_{scenario}.log",
    benchmark:
        "benchmarks/rules/city_emissions/{year}_{scenario}.tsv"
    resources:
        mem_mb=memory(350, city=0.5),
        runtime=minutes(10),
    params:
        code=code_id("scenair.projection.io"),
        config=section("case", "projection"),
    script:
        "../scripts/city_emissions.py"


rule decomposition:
    input:
        tables=PROJECTION_TABLES,
        user_measures=USER_MEASURES,
        inventories=HISTORY_INVENTORIES,
        points=f"results/inventory/points_{BASE_YEAR}.csv",
        types="results/projection/city_types.csv",
        potentials=potentials_of,
        responsibility=responsibility_of,
        iamc=iamc_of,
    output:
        contributions="results/trajectories/{scenario}.contributions.csv",
        shapley="results/trajectories/{scenario}.shapley.csv",
        sectors="results/trajectories/{scenario}.sectors.csv",
        cities="results/trajectories/{scenario}.cities.csv",
    log:
        "logs/decomposition/{scenario}.log",
    benchmark:
        "benchmarks/rules/decomposition/{scenario}.tsv"
    wildcard_constraints:
        scenario=r"(?!history)[a-z][a-z0-9_]*",
    resources:
        mem_mb=memory(350, city=0.4),
        runtime=minutes(10),
    params:
        code=code_id("scenair.projection.io"),
        config=section("case", "projection"),
        plan=lambda wildcards: dump_model(SCENARIOS[wildcards.scenario]),
    script:
        "../scripts/decomposition.py"


rule projection_comparison:
    input:
        tables=PROJECTION_TABLES,
        trajectories=expand("results/trajectories/{scenario}.nc", scenario=SCENARIOS),
    output:
        national="results/projection/comparison.csv",
        order="results/projection/order.csv",
        spread="results/projection/spread.csv",
        types="results/projection/peaks_by_type.csv",
        peak_years="results/projection/peak_years.csv",
        bands="results/projection/published_bands.csv",
    log:
        "logs/projection/comparison.log",
    benchmark:
        "benchmarks/rules/projection_comparison.tsv"
    resources:
        mem_mb=memory(350, city=0.7),
        runtime=minutes(10),
    params:
        code=code_id("scenair.projection.io"),
        scenarios=list(SCENARIOS),
    script:
        "../scripts/projection_comparison.py"


rule iamc_export:
    input:
        trajectory="results/trajectories/{scenario}.nc",
    output:
        table="results/trajectories/{scenario}.iamc.csv",
    log:
        "logs/iamc_export/{scenario}.log",
    benchmark:
        "benchmarks/rules/iamc_export/{scenario}.tsv"
    resources:
        mem_mb=memory(350, city=0.3),
        runtime=minutes(10),
    params:
        code=code_id("scenair.projection.io"),
    script:
        "../scripts/iamc_export.py"
