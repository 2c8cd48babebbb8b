# `results/{year}/{scenario}` as alias rules over ordinary files, and words for a wrong target.
from scenair.targets import explain_target, valid_targets

PRODUCTS = (
    "emissions/cities.nc",
    "emissions/points.csv",
    "emissions/gridded.nc",
    "emissions/closure.csv",
    "cmaq/closure.csv",
    "air_quality/annual.nc",
    "attainment/cities.csv",
    "attainment/double.csv",
    "attainment/sites.csv",
    "attainment/summary.json",
    "attainment/fused.nc",
    "report.html",
    "manifest.json",
)

TARGETS = valid_targets(
    history_years=HISTORY_YEARS, scenario_years=SCENARIO_YEARS, scenarios=tuple(SCENARIOS)
)


def product_files(target):
    """Products of one year and scenario."""
    return [f"{target}/{product}" for product in PRODUCTS]


# the second name takes the slash that shell completion adds
for target in TARGETS:
    for slash in ("", "/"):

        rule:
            name:
                f"{target}{slash}"
            input:
                product_files(target),


def unknown_target(wildcards):
    """Ends a wrong target with one message."""
    sys.stderr.write(
        "\n[scenair] "
        + explain_target(f"results/{wildcards.year}/{wildcards.scenario}", valid=TARGETS)
        + "\n\n"
    )
    sys.stderr.flush()
    os._exit(1)


# reached only where no alias rule has the name
rule unknown_target:
    input:
        unknown_target,
    output:
        directory("results/{year,[0-9][^/]*}/{scenario,[^/.]+}"),
    log:
        "logs/unknown_target/{year}_{scenario}.log",
    shell:
        "false"
