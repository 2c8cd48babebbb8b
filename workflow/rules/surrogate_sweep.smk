# Sweeps: one job a quarter solves all scenario-years of a sweep; each year is put together after.
for name in SWEEPS:
    for number, quarter in enumerate(QUARTER_NAMES):

        rule:
            name:
                f"sweep_{name}_{quarter}"
            input:
                tables=SURROGATE_TABLES,
                gridded=swept_files(name, "emissions/gridded.nc"),
                meteorology="results/surrogate/meteorology.nc",
                background="results/surrogate/background.nc",
            output:
                solutions=f"results/sweep/{name}/{quarter}.nc",
            log:
                f"logs/sweep/{name}_{quarter}.log",
            benchmark:
                f"benchmarks/rules/sweep/{name}_{quarter}.tsv"
            threads: 8
            resources:
                mem_mb=sweep_memory(name),
                runtime=minutes(5, cell=0.03, times=len(SWEEPS[name].members)),
            params:
                code=code_id("scenair.surrogate.io.sweep"),
                config=section("case", "surrogate"),
                quarter=number,
                members=[list(member) for member in SWEEPS[name].members],
            script:
                "../scripts/sweep.py"


# all scenario-years of the sweeps, and the comparison of years that are complete
rule sweep:
    input:
        sweep_products,
