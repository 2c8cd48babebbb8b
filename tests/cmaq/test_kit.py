"""Run kit: domains, namelists, scripts, dates; a chain with fake executables."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from scenair.cmaq import kit, kit_wrf
from scenair.cmaq.io_kit import available_dates, environment, write_kit
from scenair.config.cmaq_kit import ExternalStream, KitConfig, Period
from scenair.core.errors import ConfigError, InputError
from scenair.core.griddesc import format_griddesc, parse_griddesc
from scenair.core.grids import CN36, Grid
from scenair.core.io.tables import read_table

BTH12 = CN36.nest(name="BTH12", ratio=3, col0=88, row0=63, cols=22, rows=24)
START, END = (dt.datetime.combine(dt.date(2015, *d), dt.time()) for d in ((6, 20), (7, 3)))


def entry(text: str, key: str) -> list[str]:
    match = re.search(rf"^ {key}\s*= (.*),$", text, re.MULTILINE)
    assert match, key
    return [v.strip() for v in match.group(1).split(",")]


# ---- WRF domains ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "btrim", "points"),
    # measured with MCIP 5.5
    [((20, 20), 0, (23, 23)), ((20, 18), 5, (33, 31)), ((172, 127), 5, (185, 140))],
)
def test_points_of_wrf_that_give_the_cells(cells, btrim, points):
    grid = replace(
        CN36, ncols=cells[0], nrows=cells[1], xorig=-cells[0] * 18e3, yorig=-cells[1] * 18e3
    )
    (domain,) = kit_wrf.domains([grid], btrim=btrim)
    assert (domain.e_we, domain.e_sn) == points


def test_centre_of_the_default_grid_is_its_reference():
    assert kit_wrf.centre(CN36) == (110.0, 34.0)
    off = replace(CN36, xorig=CN36.xorig + 720e3)
    lon, lat = kit_wrf.centre(off)
    x, y = off.project(lon, lat)
    assert x == pytest.approx(720e3, abs=0.1)
    assert y == pytest.approx(0, abs=0.1)


def test_nest_follows_its_parent():
    outer, inner = kit_wrf.domains([CN36, BTH12], btrim=5)
    assert (inner.ratio, inner.parent_id) == (3, 1)
    assert (inner.e_we, inner.e_sn) == (79, 85)
    # where WRF puts the nest's mass points is where MCIP's cells begin
    wrf_outer = -(outer.e_we - 1) * outer.dx / 2
    assert wrf_outer + (inner.i_start - 1) * outer.dx + 6 * inner.dx == BTH12.xorig
    wrf_south = -(outer.e_sn - 1) * outer.dx / 2
    assert wrf_south + (inner.j_start - 1) * outer.dx + 6 * inner.dx == BTH12.yorig


@pytest.mark.parametrize(
    ("grid", "btrim", "words"),
    [
        (BTH12, 4, "whole for WRF"),
        (replace(BTH12, ncols=67), 5, "divisible"),
        (replace(BTH12, xorig=CN36.xorig), 5, "five parent cells"),
        (replace(BTH12, xcell=15e3, ycell=15e3), 5, "ratio of cell sizes"),
        (replace(BTH12, gdtyp=1), 5, "no such projection"),
        (replace(BTH12, ycell=13e3), 5, "square"),
    ],
)
def test_nests_that_do_not_fit(grid, btrim, words):
    with pytest.raises(InputError, match=words):
        kit_wrf.domains([CN36, grid], btrim=btrim)


@pytest.mark.parametrize(("dx", "step"), [(36e3, 180), (12e3, 60), (9e3, 45), (3e3, 15)])
def test_time_step_divides_the_hour(dx, step):
    assert kit_wrf.time_step(dx) == step


@pytest.mark.parametrize("grids", [[CN36], [CN36, BTH12]])
@pytest.mark.parametrize("surface", ["px", "noah"])
def test_namelists_agree(grids, surface):
    options = KitConfig(land_surface=surface)
    wps = kit_wrf.namelist_wps(grids, kit=options, start=START, end=END)
    wrf = kit_wrf.namelist_input(
        grids, kit=options, start=START, end=END, options=read_table("cmaq/kit_wrf.csv")
    )
    for key in ("max_dom", "e_we", "e_sn", "i_parent_start", "parent_grid_ratio"):
        assert entry(wps, key) == entry(wrf, key)
    assert entry(wps, "e_we")[0] == "185"
    assert entry(wps, "map_proj") == ["'lambert'"]
    assert [float(entry(wps, k)[0]) for k in ("ref_lat", "ref_lon", "truelat1", "truelat2")] == [
        34, 110, 25, 40,
    ]  # fmt: skip
    assert entry(wrf, "history_interval")[0] == "60"
    assert entry(wrf, "frames_per_outfile")[0] == "24"
    assert entry(wrf, "sf_surface_physics") == [{"px": "7", "noah": "2"}[surface]] * len(grids)
    assert entry(wrf, "specified")[0] == ".true."
    assert entry(wrf, "dx") == ["36000", "12000"][: len(grids)]
    assert text_sections(wrf) == 7
    assert entry(wrf, "gfdda_interval_m")[0] == "360"
    assert entry(wrf, "cu_physics") == ["1"] * len(grids)
    assert entry(wps, "start_date")[0] == "'2015-06-20_00:00:00'"


def test_convection_is_off_where_it_is_resolved():
    fine = replace(CN36, xcell=3000.0, ycell=3000.0, xorig=-172 * 1500.0, yorig=-127 * 1500.0)
    text = kit_wrf.namelist_input(
        [fine], kit=KitConfig(), start=START, end=END, options=read_table("cmaq/kit_wrf.csv")
    )
    assert entry(text, "cu_physics") == ["0"]


def text_sections(text: str) -> int:
    assert len(re.findall(r"^&", text, re.MULTILINE)) == len(re.findall(r"^/", text, re.MULTILINE))
    return len(re.findall(r"^&", text, re.MULTILINE))


# ---- configuration, dates, streams ------------------------------------------------------------


def test_the_remote_pacific_is_refused_for_attainment():
    with pytest.raises(ValidationError, match="remote Pacific"):
        KitConfig(boundary="profile")
    assert KitConfig(boundary="profile", purpose="test").boundary == "profile"


def test_periods():
    options = KitConfig(
        met_year=2016, spinup_days=2, periods=(Period(name="feb", start="02-28", end="03-01"),)
    )
    (period,) = kit.plan_periods(options)
    assert [d.isoformat() for d in period.days] == [
        "2016-02-26", "2016-02-27", "2016-02-28", "2016-02-29", "2016-03-01",
    ]  # fmt: skip
    leap = KitConfig(periods=(Period(name="feb", start="02-29", end="02-29"),))
    with pytest.raises(ConfigError, match="no such day"):
        kit.plan_periods(leap)
    near = tuple(Period(name=n, start=d, end=d) for n, d in (("a", "05-01"), ("b", "05-09")))
    with pytest.raises(ConfigError, match="overlap"):
        kit.plan_periods(KitConfig(periods=near))
    assert len(kit.plan_periods(KitConfig(periods=near, spinup_days=7))) == 2
    for wrong in (
        {"periods": ()},
        {"periods": ({"name": "a", "start": "03-01", "end": "02-01"},)},
        {"periods": ({"name": "a", "start": "01-01", "end": "01-02"},) * 2},
    ):
        with pytest.raises(ValidationError):
            KitConfig.model_validate(wrong)


def test_emission_dates_prefer_month_then_class_then_day():
    available = [dt.date(2030, 1, 16), dt.date(2030, 1, 19), dt.date(2030, 7, 17)]
    days = [dt.date(2015, 1, 14), dt.date(2015, 1, 17), dt.date(2015, 12, 23), dt.date(2015, 8, 1)]
    got = kit.emission_dates(days, available=available)
    assert list(got.values()) == [available[0], available[1], available[0], available[2]]
    assert "3 day(s) stand for 4 model days" in kit.stand_ins(got)
    same = kit.emission_dates([dt.date(2015, 1, 16)], available=available)
    assert "one for each of the 1" in kit.stand_ins(same)
    with pytest.raises(InputError, match="no emission files"):
        kit.emission_dates(days, available=[])


def test_emission_dates_look_at_both_local_days():
    # Friday's UTC day ends on Saturday morning local time
    thursday, friday = dt.date(2030, 1, 17), dt.date(2030, 1, 18)
    day = dt.date(2015, 1, 16)
    assert day.weekday() == 4
    assert kit.emission_dates([day], available=[thursday, friday]) == {day: friday}


def test_missing_streams_are_one_line():
    line = kit.missing_streams(KitConfig())
    assert "\n" not in line
    assert "foreign, ship, biogenic, fire, sea spray" in line
    streams = tuple(
        ExternalStream(kind=k, label=f"GR_{k.upper()}", emission="/data/{date}.nc")
        for k in ("foreign", "ship", "biogenic", "fire")
    )
    assert "complete" in kit.missing_streams(KitConfig(external=streams, ocean="/data/ocean.nc"))
    some = KitConfig(external=streams[:2], ocean="/data/ocean.nc")
    assert "missing streams: biogenic, fire -" in kit.missing_streams(some)


# ---- the kit ----------------------------------------------------------------------------------


def make_kit(tmp_path: Path, *, grid: Grid = CN36, nest: bool = False, **options) -> Path:
    folder = tmp_path / "cmaq"
    for sub, stem in (("emis", "emis_power"), ("emis", "emis_industry"), ("points", "inln_power")):
        for day in ("20300116", "20300717"):
            path = folder / sub / f"{stem}_{grid.name}_{day}.nc"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("emission")
    (folder / "points" / f"stack_groups_power_{grid.name}.nc").write_text("stacks")
    (folder / "GRIDDESC").write_text(format_griddesc([grid]))
    (folder / "streams.csv").write_text(
        "kind,label,stream,sectors,pcvoc,emission,groups\n"
        f"gridded,GR_POWER,power,power,on,emis/emis_power_{grid.name}_YYYYMMDD.nc,\n"
        f"gridded,GR_INDUSTRY,industry,cement,on,emis/emis_industry_{grid.name}_YYYYMMDD.nc,\n"
        f"point,PT_POWER,power,power,on,points/inln_power_{grid.name}_YYYYMMDD.nc,"
        f"points/stack_groups_power_{grid.name}.nc\n"
    )
    case = {}
    if nest:
        window = {"ratio": 3, "col0": 88, "row0": 63, "cols": 22, "rows": 24}
        case = {"grid": {"name": "BTH12", "nest": window}}
    periods = ({"name": "january", "start": "01-10", "end": "01-11"},)
    write_kit(
        year=2030,
        scenario="peak",
        config={
            "case": case,
            "cmaq": {"kit": {"periods": periods, "spinup_days": 1, **options}},
        },
        griddesc=folder / "GRIDDESC",
        listing=folder / "streams.csv",
        emis=folder / "emis",
        folder=folder,
    )
    return folder


def bash(script: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", str(script), *arguments],
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=False,
    )


BOUNDARIES = [
    {
        "boundary": "regrid",
        "boundary_source": "/x/CONC_{date}.nc",
        "boundary_met": "/x/M_{date}.nc",
    },
    {"boundary": "profile", "purpose": "test"},
    {"boundary": "files", "boundary_source": "/x/BCON_{date}.nc", "initial_source": "/x/ICON.nc"},
]


@pytest.mark.parametrize("options", BOUNDARIES)
def test_scripts_parse_and_name_what_they_should(tmp_path, options):
    folder = make_kit(tmp_path, **options)
    for name in kit.SCRIPTS:
        script = folder / "run" / name
        parsed = subprocess.run(["bash", "-n", script], capture_output=True, text=True, check=False)
        assert parsed.returncode == 0, parsed.stderr
        assert os.access(script, os.X_OK)
        assert "{{" not in script.read_text()
    cctm = (folder / "run" / "cctm.sh").read_text()
    assert "N_EMIS_GR=2 N_EMIS_PT=1" in cctm
    assert 'GR_EMIS_002="$EMISSIONS/emis/emis_industry_CN36_$FILE_DAY.nc"' in cctm
    assert "STK_EMIS_LAB_001=PT_POWER" in cctm
    assert "CTM_EMISCHK=N" in cctm
    assert "CTM_OCEAN_CHEM=N" in cctm
    assert "wrf_lc_ref_lat = 34.0" in (folder / "run" / "mcip.sh").read_text()
    dates = (folder / "run" / "emission_dates.txt").read_text().splitlines()
    assert dates == [f"2015-01-{d:02d} 20300116" for d in (9, 10, 11)]
    assert "missing streams" in (folder / "run" / "MISSING.txt").read_text()


#: Verified with CMAQ 5.5 in an empty environment.
MINIMAL = (
    "CTM_APPL", "CTM_STDATE", "CTM_STTIME", "CTM_RUNLEN", "CTM_TSTEP", "GRID_NAME", "GRIDDESC",
    "GRID_CRO_2D", "GRID_DOT_2D", "MET_CRO_2D", "MET_CRO_3D", "MET_DOT_3D", "MET_BDY_3D",
    "LUFRAC_CRO", "INIT_CONC_1", "BNDY_CONC_1", "OMI", "OPTICS_DATA", "CSQY_DATA",
    "DESID_CTRL_NML", "DESID_CHEM_CTRL_NML", "MISC_CTRL_NML", "gc_matrix_nml", "ae_matrix_nml",
    "nr_matrix_nml", "tr_matrix_nml", "N_EMIS_GR", "GR_EMIS_001", "GR_EMIS_LAB_001",
    "PROMPTFLAG", "CTM_EMISCHK", "CTM_OCEAN_CHEM",
)  # fmt: skip


def test_minimal_environment_of_the_reference_is_set(tmp_path):
    cctm = (make_kit(tmp_path) / "run" / "cctm.sh").read_text()
    for name in MINIMAL:
        assert re.search(rf"^\s*export .*\b{name}\b", cctm, re.MULTILINE), name


def test_nested_kit_has_two_domains(tmp_path):
    folder = make_kit(tmp_path, grid=BTH12, nest=True)
    wps = (folder / "wrf" / "january" / "namelist.wps").read_text()
    assert entry(wps, "max_dom") == ["2"]
    assert "wrfout_d02_" in (folder / "run" / "mcip.sh").read_text()
    assert parse_griddesc((folder / "run" / "GRIDDESC").read_text())["BTH12"] == BTH12


def test_parents_of_a_griddesc_are_the_outer_domains(tmp_path):
    coarse = replace(
        CN36, name="ZJ27", projection="LCC_ZJ", p_gam=120.0, xcent=120.0, ycent=29.0,
        xorig=-810e3, yorig=-810e3, xcell=27e3, ycell=27e3, ncols=60, nrows=60,
    )  # fmt: skip
    middle = replace(coarse, name="ZJ09", xorig=-270e3, yorig=-270e3, xcell=9e3, ycell=9e3)
    fine = replace(
        coarse, name="ZJ03", xorig=-54e3, yorig=-54e3, xcell=3e3, ycell=3e3, ncols=81, nrows=81
    )
    path = tmp_path / "GRIDDESC"
    path.write_text(format_griddesc([coarse, middle, fine]))
    parents = [{"griddesc": str(path), "name": n} for n in ("ZJ27", "ZJ09")]
    folder = make_kit(tmp_path, grid=fine, parents=parents)
    wps = (folder / "wrf" / "january" / "namelist.wps").read_text()
    assert entry(wps, "max_dom") == ["3"]
    assert entry(wps, "parent_grid_ratio") == ["1", "3", "3"]
    assert entry(wps, "i_parent_start") == ["1", "25", "29"]
    assert entry(wps, "e_we") == ["73", "73", "94"]
    assert "wrfout_d03_" in (folder / "run" / "mcip.sh").read_text()
    # parents that do not fit are said, and the emission files stay
    shifted = replace(middle, xorig=-271e3)
    path.write_text(format_griddesc([coarse, shifted, fine]))
    again = make_kit(tmp_path, grid=fine, parents=parents)
    assert "whole for WRF" in (again / "wrf" / "NO_NAMELISTS.txt").read_text()


def test_external_streams_follow(tmp_path):
    external = (
        {"kind": "biogenic", "label": "GR_BIOG", "emission": "/m/megan_{date}.nc", "dated": True},
        {"kind": "fire", "label": "PT_FIRES", "emission": "/m/f_{date}.nc", "groups": "/m/g.nc"},
    )
    cctm = (make_kit(tmp_path, external=external) / "run" / "cctm.sh").read_text()
    assert "N_EMIS_GR=3 N_EMIS_PT=2" in cctm
    assert 'GR_EMIS_003="/m/megan_$(compact "$DAY").nc" GR_EMIS_LAB_003=GR_BIOG' in cctm
    assert 'STK_GRPS_002="/m/g.nc"' in cctm


def test_a_grid_that_wrf_cannot_have_is_said_and_spoils_nothing(tmp_path):
    degrees = Grid(
        "DEG", "LATLON", 1, 0, 0, 0, 0, 0, xorig=100, yorig=20, xcell=0.5, ycell=0.5, ncols=20,
        nrows=20,
    )  # fmt: skip
    folder = make_kit(tmp_path, grid=degrees)
    assert "no such projection" in (folder / "wrf" / "NO_NAMELISTS.txt").read_text()
    assert "no WRF namelists" in (folder / "run" / "MISSING.txt").read_text()
    assert (folder / "run" / "cctm.sh").exists()


@pytest.mark.parametrize(
    "options",
    [
        {"boundary_source": "/x/$(touch y)"},
        {"wrf_out": '/x"; rm -r y'},
        {"executables": {"cctm": "a`b`"}},
        {"external": [{"kind": "ship", "label": "GR_SHIP", "emission": "/x/a;b.nc"}]},
    ],
)
def test_nothing_that_a_shell_acts_upon_enters_a_script(tmp_path, options):
    with pytest.raises(ConfigError, match="can't stand in a script"):
        make_kit(tmp_path, **options)
    with pytest.raises(ConfigError, match="name of the grid"):
        make_kit(tmp_path, grid=replace(CN36, name="A;rm x"))


def test_dates_in_file_names(tmp_path):
    (tmp_path / "emis_a_20300230.nc").write_text("")
    with pytest.raises(InputError, match="no date"):
        available_dates(tmp_path)


def test_templates_refuse_undefined_names():
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        environment().get_template("mcip.sh.j2").render({})


# ---- a chain with programs that only check and copy --------------------------------------------

FAKES = {
    "mcip": (
        'grep -q "wrf_lc_ref_lat = 34.0" fort.8\n'
        'test -s fort.10 && test -s fort.12\n'
        'for F in "$GRID_CRO_2D" "$GRID_DOT_2D" "$MET_CRO_2D" "$MET_CRO_3D" "$MET_DOT_3D" '
        '"$MET_BDY_3D" "$LUFRAC_CRO"; do echo met >"$F"; done\ncp "$MCIP_GRID" GRIDDESC.mcip\n'
    ),
    "icon": 'test -s "$MET_CRO_3D_FIN"\necho icon >"${INIT_CONC_1% -v}"\n',
    "bcon": 'test -s "$MET_BDY_3D_FIN" && test "$RUNLEN" = 240000\n'
    'echo bcon >"${BNDY_CONC_1% -v}"\n',
    "cctm": (
        'test -s "$GR_EMIS_001" && test -s "$STK_EMIS_001" && test -s "$BNDY_CONC_1"\n'
        'test "$GR_EM_SYM_DATE_001" = T\n'
        'if [ "${FAIL_ON:-}" = "$CTM_STDATE" ]; then exit 3; fi\n'
        '{ cat "$INIT_CONC_1"; echo "$CTM_STDATE $NEW_START"; } >"$S_CGRID"\n'
        'echo aconc >"${A_CONC_1% -v}"\necho aelmo >"${CTM_AELMO_1% -v}"\n'
    ),
}  # fmt: skip
DATA = (
    "OMI_1979_to_2019.dat", "PHOT_OPTICS.dat", "CSQY_DATA_cb6r5_ae7_aq", "GC_cb6r5_ae7_aq.nml",
    "AE_cb6r5_ae7_aq.nml", "NR_cb6r5_ae7_aq.nml", "Species_Table_TR_0.nml",
    "CMAQ_Control_Misc.nml", "CMAQ_Control_DESID.nml", "CMAQ_Control_DESID_cb6r5_ae7_aq.nml",
)  # fmt: skip


def fake_world(tmp_path: Path) -> dict[str, str]:
    """Programs, build data and wrfout files; returns the environment that names them."""
    build, wrf = tmp_path / "build", tmp_path / "wrfout"
    build.mkdir()
    wrf.mkdir()
    for name in DATA:
        (build / name).write_text("data")
    for day in range(8, 13):
        (wrf / f"wrfout_d01_2015-01-{day:02d}_00:00:00").write_text("wrf")
    grid = tmp_path / "mcip_griddesc"
    grid.write_text(format_griddesc([CN36]))
    variables = {"CMAQ_BUILD": str(build), "WRF_OUT": str(wrf), "MCIP_GRID": str(grid)}
    for name, body in FAKES.items():
        path = build / f"{name}.exe"
        path.write_text(f"#!/bin/bash\nset -e\n{body}")
        path.chmod(0o755)
        variables[f"{name.upper()}_EXE"] = str(path)
    source = tmp_path / "larger.nc"
    source.write_text("larger run")
    return variables | {"BOUNDARY_SOURCE": str(source), "BOUNDARY_MET": str(source)}


def test_chain_runs_and_restarts(tmp_path):
    folder = make_kit(tmp_path)
    world = fake_world(tmp_path)
    chain = folder / "run" / "chain.sh"
    stopped = bash(chain, "january", **world, FAIL_ON="2015010")
    assert stopped.returncode == 1
    assert "cctm 2015-01-10 failed" in stopped.stderr
    assert "missing streams" in stopped.stdout
    out = folder / "output"
    assert not (out / "cctm" / "2015-01-10").exists()
    again = bash(chain, "january", **world)
    assert again.returncode == 0, again.stderr
    assert "cctm 2015-01-09: there" in again.stdout
    # each day starts from the CGRID of the day before, the first from ICON
    last = (out / "cctm" / "2015-01-11" / "CCTM_CGRID.nc").read_text().splitlines()
    assert last == ["icon", "2015009 T", "2015010 F", "2015011 F"]
    assert "there" in bash(chain, "january", **world).stdout
    assert not list(out.glob("*/.*.part"))


def test_a_day_without_its_predecessor_says_so(tmp_path):
    folder = make_kit(tmp_path)
    world = fake_world(tmp_path)
    run = folder / "run"
    for script in ("mcip.sh", "bcon.sh"):
        assert bash(run / script, "2015-01-10", **world).returncode == 0
    result = bash(run / "cctm.sh", "2015-01-10", **world)
    assert result.returncode == 1
    assert "run ./cctm.sh 2015-01-09 first" in result.stderr


def test_another_grid_of_mcip_stops_the_chain(tmp_path):
    folder = make_kit(tmp_path)
    world = fake_world(tmp_path)
    # what MCIP makes of a Lambert grid without wrf_lc_ref_lat
    wrong = replace(CN36, ycent=32.5, yorig=-194646.359)
    grid = Path(world["MCIP_GRID"])
    grid.write_text(format_griddesc([wrong]))
    result = bash(folder / "run" / "mcip.sh", "2015-01-09", **world)
    assert result.returncode == 1
    assert "another one" in result.stderr
    # degrees alone: 32.5 and 34 are 1.5 apart
    grid.write_text(format_griddesc([replace(CN36, ycent=32.5)]))
    assert bash(folder / "run" / "mcip.sh", "2015-01-09", **world).returncode == 1
    # MCIP's rounding of an origin to the metre passes
    grid.write_text(format_griddesc([replace(CN36, xorig=CN36.xorig + 1.3)]))
    assert bash(folder / "run" / "mcip.sh", "2015-01-09", **world).returncode == 0


@pytest.mark.parametrize(
    ("script", "arguments", "drop", "words"),
    [
        ("chain.sh", (), None, "usage"),
        ("chain.sh", ("winter",), None, "january"),
        ("mcip.sh", ("2015-13-01",), None, "no date|invalid date"),
        ("mcip.sh", ("today",), None, "usage"),
        ("mcip.sh", ("2015-01-09",), "MCIP_EXE", "MCIP_EXE is not set"),
        ("mcip.sh", ("2014-01-09",), None, "missing or empty"),
        ("cctm.sh", ("2015-01-09",), None, "run ./mcip.sh"),
        ("icon.sh", ("2015-01-09",), None, "run ./mcip.sh"),
    ],
)
def test_scripts_say_what_is_wrong(tmp_path, script, arguments, drop, words):
    folder = make_kit(tmp_path)
    world = fake_world(tmp_path)
    world.pop(drop, None)
    result = bash(folder / "run" / script, *arguments, **world)
    assert result.returncode != 0
    assert re.search(words, result.stderr)
