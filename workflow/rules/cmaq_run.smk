# CMAQ itself, day by day: MCIP -> ICON, BCON -> CCTM -> concentrations. Only in mode `run`.
# The days of the configuration are fixed names, so that a stopped chain goes on where it stopped
# and a queue sees one job a day.
from scenair.cmaq.io_kit import require_background
from scenair.cmaq.kit import plan_periods, require_runnable

try:
    require_runnable(CONFIG.cmaq)
    require_background(CONFIG.cmaq)
except ScenairError as error:
    sys.stderr.write(f"\n[scenair] {error}\n\n")
    sys.stderr.flush()
    os._exit(1)

CMAQ_KIT = CONFIG.cmaq.kit
CMAQ_GRID = CASE.grid.build().name
CMAQ_RUN = "results/{year}/{scenario}/cmaq/run"
CMAQ_OUT = "results/{year}/{scenario}/cmaq/output"
CMAQ_MET = f"results/mcip/{CMAQ_GRID}"
CMAQ_ENV = f'MCIP_OUT="$PWD/{CMAQ_MET}" EMISSIONS="$PWD/results/{{wildcards.year}}/{{wildcards.scenario}}/cmaq"'
CMAQ_PERIODS = plan_periods(CMAQ_KIT)
CMAQ_DAYS = sorted({day for period in CMAQ_PERIODS for day in period.days})
CMAQ_FIRST = {period.days[0] for period in CMAQ_PERIODS}
CMAQ_BEFORE = {
    day: before
    for period in CMAQ_PERIODS
    for before, day in zip(period.days, period.days[1:])
}
# local days begin at 16Z of the day before
CMAQ_COUNTED = sorted(
    {day for period in CMAQ_PERIODS for day in period.days[max(period.spinup - 1, 0) :]}
)


ruleorder: cmaq_air_quality > air_quality


for day in CMAQ_DAYS:

    rule:
        name:
            f"mcip_{day:%Y%m%d}"
        input:
            # any kit of the case serves: MCIP is the same for all scenarios
            kit=ancient(f"results/{MONITOR_YEAR}/history/cmaq/run"),
        output:
            met=f"{CMAQ_MET}/{day}/METCRO3D.nc",
            boundary=f"{CMAQ_MET}/{day}/METBDY3D.nc",
        log:
            f"logs/cmaq_run/mcip_{day}.log",
        benchmark:
            f"benchmarks/rules/mcip/{day}.tsv"
        resources:
            mem_mb=8000,
            runtime=60,
        params:
            day=str(day),
        shell:
            f'MCIP_OUT="$PWD/{CMAQ_MET}" bash {{input.kit}}/mcip.sh {{params.day}} >{{log}} 2>&1'

    rule:
        name:
            f"bcon_{day:%Y%m%d}"
        input:
            kit=ancient(CMAQ_RUN),
            boundary=f"{CMAQ_MET}/{day}/METBDY3D.nc",
        output:
            bcon=f"{CMAQ_OUT}/bcon/BCON_{day}.nc",
        log:
            f"logs/cmaq_run/bcon_{day}_{{year}}_{{scenario}}.log",
        benchmark:
            f"benchmarks/rules/bcon/{day}_{{year}}_{{scenario}}.tsv"
        resources:
            mem_mb=4000,
            runtime=30,
        params:
            day=str(day),
        shell:
            f"{CMAQ_ENV} bash {{input.kit}}/bcon.sh {{params.day}} >{{log}} 2>&1"

    rule:
        name:
            f"cctm_{day:%Y%m%d}"
        input:
            kit=ancient(CMAQ_RUN),
            emis="results/{year}/{scenario}/cmaq/emis",
            points="results/{year}/{scenario}/cmaq/points",
            met=f"{CMAQ_MET}/{day}/METCRO3D.nc",
            bcon=f"{CMAQ_OUT}/bcon/BCON_{day}.nc",
            start=(
                f"{CMAQ_OUT}/icon/ICON_{day}.nc"
                if day in CMAQ_FIRST
                else f"{CMAQ_OUT}/cctm/{CMAQ_BEFORE[day]}/CCTM_CGRID.nc"
            ),
        output:
            cgrid=f"{CMAQ_OUT}/cctm/{day}/CCTM_CGRID.nc",
            aconc=f"{CMAQ_OUT}/cctm/{day}/CCTM_ACONC.nc",
            aelmo=f"{CMAQ_OUT}/cctm/{day}/CCTM_AELMO.nc",
        log:
            f"logs/cmaq_run/cctm_{day}_{{year}}_{{scenario}}.log",
        benchmark:
            f"benchmarks/rules/cctm/{day}_{{year}}_{{scenario}}.tsv"
        threads: CMAQ_KIT.columns * CMAQ_KIT.rows
        resources:
            mem_mb=max(4000, 2000 * CMAQ_KIT.columns * CMAQ_KIT.rows),
            runtime=720,
        params:
            day=str(day),
        shell:
            f"{CMAQ_ENV} bash {{input.kit}}/cctm.sh {{params.day}} >{{log}} 2>&1"


for day in sorted(CMAQ_FIRST):

    rule:
        name:
            f"icon_{day:%Y%m%d}"
        input:
            kit=ancient(CMAQ_RUN),
            met=f"{CMAQ_MET}/{day}/METCRO3D.nc",
        output:
            icon=f"{CMAQ_OUT}/icon/ICON_{day}.nc",
        log:
            f"logs/cmaq_run/icon_{day}_{{year}}_{{scenario}}.log",
        benchmark:
            f"benchmarks/rules/icon/{day}_{{year}}_{{scenario}}.tsv"
        resources:
            mem_mb=4000,
            runtime=30,
        params:
            day=str(day),
        shell:
            f"{CMAQ_ENV} bash {{input.kit}}/icon.sh {{params.day}} >{{log}} 2>&1"


rule cmaq_air_quality:
    input:
        aconc=[f"{CMAQ_OUT}/cctm/{day}/CCTM_ACONC.nc" for day in CMAQ_COUNTED],
        aelmo=[f"{CMAQ_OUT}/cctm/{day}/CCTM_AELMO.nc" for day in CMAQ_COUNTED],
        background=[CMAQ_KIT.background] if CMAQ_KIT.background else [],
        tables=tables("cmaq/readback_aero7.csv", "cmaq/readback_fractions.csv"),
    output:
        annual="results/{year}/{scenario}/air_quality/annual.nc",
        daily="results/{year}/{scenario}/air_quality/daily.nc",
        closure="results/{year}/{scenario}/air_quality/closure.csv",
    log:
        "logs/cmaq_air_quality/{year}_{scenario}.log",
    benchmark:
        "benchmarks/rules/cmaq_air_quality/{year}_{scenario}.tsv"
    resources:
        mem_mb=memory(450, cell=11),
        runtime=minutes(10, cell=0.5),
    params:
        code=code_id("scenair.cmaq.io_readback"),
        config=section("case", "cmaq"),
    script:
        "../scripts/cmaq_air_quality.py"
