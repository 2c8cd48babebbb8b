# Gridded emissions to CMAQ's hourly files, stack groups and GRIDDESC.
# days that are written: two, one for each class of day and month, or all
CMAQ_DAYS = {
    "days": max(2, len(CONFIG.cmaq.days)),
    "representative": 84,
    "year": 366,
}[CONFIG.cmaq.period]


rule cmaq:
    input:
        gridded="results/{year}/{scenario}/emissions/gridded.nc",
        points="results/{year}/{scenario}/emissions/points.csv",
        tables=tables(
            f"cmaq/mechanism_{CONFIG.cmaq.mechanism}.csv",
            f"cmaq/speciation_voc_{CONFIG.cmaq.mechanism}.csv",
            "cmaq/speciation_gas.csv",
            "cmaq/speciation_om_oc.csv",
            "cmaq/speciation_pm25.csv",
            "cmaq/speciation_profiles.csv",
            "cmaq/speciation_voc_classes.csv",
            "cmaq/speciation_voc_molar_mass.csv",
            "cmaq/streams.csv",
            "cmaq/temporal_holidays.csv",
            "cmaq/temporal_hours.csv",
            "cmaq/temporal_profiles.csv",
            "cmaq/temporal_week.csv",
            "cmaq/vertical_stacks.csv",
            "cmaq/kit_wrf.csv",
            *(
                f"cmaq/kit/{name}.sh.j2"
                for name in ("bcon", "cctm", "chain", "combine", "env", "icon", "mcip")
            ),
        ),
    output:
        griddesc="results/{year}/{scenario}/cmaq/GRIDDESC",
        emis=directory("results/{year}/{scenario}/cmaq/emis"),
        points=directory("results/{year}/{scenario}/cmaq/points"),
        listing="results/{year}/{scenario}/cmaq/streams.csv",
        dates="results/{year}/{scenario}/cmaq/dates.csv",
        closure="results/{year}/{scenario}/cmaq/closure.csv",
        totals="results/{year}/{scenario}/cmaq/totals.csv",
        wrf=directory("results/{year}/{scenario}/cmaq/wrf"),
        run=directory("results/{year}/{scenario}/cmaq/run"),
    log:
        "logs/cmaq/{year}_{scenario}.log",
    benchmark:
        "benchmarks/rules/cmaq/{year}_{scenario}.tsv"
    threads: 2 if CONFIG.cmaq.archive else 1
    resources:
        mem_mb=memory(300, cell=28),
        runtime=minutes(8, cell=0.006, times=CMAQ_DAYS),
    params:
        code=code_id("scenair.cmaq.io"),
        config=section("case", "cmaq"),
    script:
        "../scripts/cmaq.py"


# A scenario as factors on another scenario's files; made when asked for.
rule desid:
    input:
        cities="results/{year}/{scenario}/emissions/cities.nc",
        base=f"results/{{year}}/{CONFIG.cmaq.desid.base}/emissions/cities.nc",
        trajectories="results/trajectories/{scenario}.nc",
        tables=tables(
            f"cmaq/mechanism_{CONFIG.cmaq.mechanism}.csv",
            "cmaq/speciation_om_oc.csv",
            "cmaq/streams.csv",
        ),
    output:
        desid=directory("results/{year}/{scenario}/cmaq/desid"),
    log:
        "logs/desid/{year}_{scenario}.log",
    benchmark:
        "benchmarks/rules/desid/{year}_{scenario}.tsv"
    resources:
        mem_mb=memory(400, city=0.3),
        runtime=minutes(10),
    params:
        code=code_id("scenair.cmaq.io"),
        config=section("case", "cmaq"),
    script:
        "../scripts/cmaq_desid.py"
