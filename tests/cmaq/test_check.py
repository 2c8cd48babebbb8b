"""Every malformed file that was tried on the real model, through the validator."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scenair.cmaq.check import Context, check_files, kind_of
from scenair.cmaq.check_findings import Finding
from scenair.cmaq.check_names import mechanism_from, read_mechanism
from scenair.cmaq.check_orientation import Orientation, known_cities, mainland_orientation
from scenair.cmaq.io_tools import IoapiReader
from scenair.core.errors import InputError, UnitsError
from scenair.core.grids import CN36
from tests.cmaq import ioapi_files as make

MECHANISM = read_mechanism()


def run(*paths: Path, **options) -> list[Finding]:
    with IoapiReader(paths) as files:
        return check_files(files, context=Context(mechanism=MECHANISM, grid=make.GRID, **options))


def errors(found: list[Finding]) -> set[str]:
    return {f.code for f in found if f.severity == "error"}


def check_draft(draft: make.Draft, tmp_path: Path, **options) -> list[Finding]:
    return run(make.write(draft, tmp_path / "emis.nc"), **options)


# ---- right files -----------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["NETCDF3_64BIT_OFFSET", "NETCDF3_CLASSIC", "NETCDF4"])
def test_right_file_has_no_error_and_no_warning(tmp_path, model):
    draft = make.emissions()
    draft.model = model
    found = check_draft(draft, tmp_path, complete=True)
    assert not [str(f) for f in found if f.severity != "note"]


def test_right_masks_and_stacks_pass(tmp_path):
    groups = make.write(make.stacks(), tmp_path / "stack_groups_power.nc")
    points = make.write(make.points(), tmp_path / "inln_power.nc")
    mask = make.write(make.masks(), tmp_path / "masks.nc")
    found = run(groups, points, mask)
    assert not [str(f) for f in found if f.severity != "note"]


def test_kinds_are_recognised(tmp_path):
    paths = [
        make.write(d, tmp_path / f"{i}.nc")
        for i, d in enumerate((make.emissions(), make.points(), make.stacks(), make.masks()))
    ]
    with IoapiReader(paths) as files:
        kinds = [kind_of(f) for f in files]
    assert kinds == ["emissions", "point_emissions", "stack_groups", "masks"]


# ---- one attribute missing: (name, severity of the finding) ------------------------------------

_NEEDED = (
    "FTYPE", "CDATE", "CTIME", "WDATE", "WTIME", "SDATE", "STIME", "TSTEP", "NTHIK", "NCOLS",
    "NROWS", "NLAYS", "NVARS", "GDTYP", "P_ALP", "P_BET", "P_GAM", "XCENT", "YCENT", "XORIG",
    "YORIG", "XCELL", "YCELL", "VGTYP", "VGTOP", "VGLVLS", "GDNAM", "UPNAM", "VAR-LIST",
    "FILEDESC", "HISTORY",
)  # fmt: skip
# CMAQ accepts a file without the last two
MISSING = dict.fromkeys(_NEEDED, "error") | dict.fromkeys(("IOAPI_VERSION", "EXEC_ID"), "note")


@pytest.mark.parametrize("name", MISSING)
def test_missing_attribute(tmp_path, name):
    draft = make.emissions()
    del draft.attrs[name]
    found = check_draft(draft, tmp_path)
    hit = [f for f in found if f.code == "attribute-missing" and f.where == name]
    assert [f.severity for f in hit] == [MISSING[name]]


# ---- one defect: change, code that must be an error -------------------------------------------


def _set(**attrs):
    return lambda d: d.attrs.update({k.replace("_LIST", "-LIST"): v for k, v in attrs.items()})


def _shift(name, metres):
    return lambda d: d.attrs.update({name: np.float64(d.attrs[name] + metres)})


def _dtype(name, dtype):
    return lambda d: d.data.update({name: d.data[name].astype(dtype)})


def _value(name, value, record=5):
    def change(d):
        d.data[name][record, 0, 3, 4] = value

    return change


def _unit(name, unit):
    return lambda d: d.units.update({name: unit})


def _rename(old, new):
    return lambda d: d.rename(old, new)


def _flag(record, date=None, time=None):
    def change(d):
        if date is not None:
            d.tflag[record, :, 0] = date
        if time is not None:
            d.tflag[record, :, 1] = time

    return change


def _records(n):
    def change(d):
        d.data = {k: v[:n] for k, v in d.data.items()}
        d.tflag = d.tflag[:n]

    return change


def _one_flag(d):
    d.tflag[3, 2, 1] += 10000


def _seconds(d):
    d.tflag[:, :, 1] = np.arange(25)[:, None] * 3600 % 86400


def _short_slots(d):
    d.attrs["VAR-LIST"] = "".join(n.ljust(8) for n in d.data)


def _unlisted(d):
    d.attrs["VAR-LIST"] = d.attrs["VAR-LIST"][:-16]
    d.attrs["NVARS"] = np.int32(len(d.data) - 1)


def _no_tflag(d):
    d.drop_tflag = True


def _time_dim(d):
    d.dims["TSTEP"] = "time"


def _nan_record(d):
    d.data["CO"][-1] = np.nan


def _transposed(d):
    d.dims.update(ROW="COL", COL="ROW")


def _no_unit(d):
    d.units["NO"] = ""


ABORTS = {  # the model stops: the validator must say so before
    "no VAR-LIST": (_set(VAR_LIST=""), "variable-list"),
    "VAR-LIST in slots of 8": (_short_slots, "variable-list"),
    "FTYPE 3": (_set(FTYPE=np.int32(3)), "file-type"),
    "time dimension called time": (_time_dim, "time-dimension"),
    "name of 17 characters": (_rename("XYLMN", "XYLMN_OF_17_CHARS"), "name-length"),
    "VGLVLS too short": (_set(VGLVLS=np.float32([1.0])), "size"),
    "TFLAG all zero": (lambda d: d.tflag.fill(0), "tflag-date"),
    "no TFLAG": (_no_tflag, "tflag"),
    "TFLAG in seconds": (_seconds, "tflag-date"),
    "TFLAG hour 25": (_flag(4, time=250000), "tflag-date"),
    "TFLAG minute 75": (_flag(4, time=47500), "tflag-date"),
    "TFLAG day 366 of a common year": (_flag(24, date=2030366), "tflag-date"),
    "TFLAG repeats an hour": (_flag(4, time=30000), "tflag-steps"),
    "TFLAG differs between variables": (_one_flag, "tflag-variables"),
    "TSTEP 0": (_set(TSTEP=np.int32(0)), "time-step"),
    "TSTEP 1": (_set(TSTEP=np.int32(1)), "time-step"),
    "TSTEP 3600": (_set(TSTEP=np.int32(3600)), "time-step"),
    "SDATE of another year": (_set(SDATE=np.int32(2017185)), "start"),
    "STIME 8": (_set(STIME=np.int32(80000)), "start"),
    "24 records": (_records(24), "records"),
    "1 record": (_records(1), "records"),
    "P_GAM 102": (_set(P_GAM=102.0), "grid-projection"),
    "XCENT 118": (_set(XCENT=118.0), "grid-projection"),
    "YCENT as MCIP without wrf_lc_ref_lat": (_set(YCENT=32.5), "grid-projection"),
    "P_ALP 30": (_set(P_ALP=30.0), "grid-projection"),
    "GDTYP 6": (_set(GDTYP=np.int32(6)), "grid-projection"),
    "XCELL 27 km": (_set(XCELL=27000.0), "grid-cell"),
    "XCELL in km": (_set(XCELL=36.0), "grid-cell"),
    "XCELL 0": (_set(XCELL=0.0), "grid-cell"),
    "origin off by half a cell": (_shift("XORIG", 18000.0), "grid-origin"),
    "origin off by one cell": (_shift("YORIG", 36000.0), "grid-cover"),
    "NCOLS attribute wrong": (_set(NCOLS=np.int32(9)), "size"),
    "NLAYS attribute wrong": (_set(NLAYS=np.int32(3)), "size"),
    "a negative value": (_value("NO", -1e-12), "negative"),
    "float64": (_dtype("NO", "f8"), "type"),
    "NaN": (_value("SO2", np.nan), "not-finite"),
    "NaN in the last record": (_nan_record, "not-finite"),
    "infinity": (_value("SO2", np.inf), "not-finite"),
    "netCDF fill value": (_value("SO2", 9.96921e36), "fill-value"),
    "attribute as text": (_set(NTHIK="1"), "attribute-type"),
    "rows and columns exchanged": (_transposed, "variable-dimensions"),
}

SILENT = {  # the model ends with status 0 and another science
    "no instead of NO": (_rename("NO", "no"), "name"),
    "XYL instead of XYLMN": (_rename("XYLMN", "XYL"), "name"),
    "BENZENE instead of BENZ": (_rename("PAR", "BENZENE"), "name"),
    "unknown name": (_rename("PAR", "ABCDEF"), "name"),
    "PM25 as it is": (_rename("PMOTHR", "PM25"), "name"),
    "int32": (_dtype("NO", "i4"), "type"),
    "int16": (_dtype("NO", "i2"), "type"),
    "g/s on a gas": (_unit("NO", "g/s"), "unit"),
    "moles/s on a particle": (_unit("PEC", "moles/s"), "unit"),
    "no unit": (_no_unit, "unit"),
    "tons/yr": (_unit("NO", "tons/yr"), "unit"),
    "moles/hr": (_unit("NO", "moles/hr"), "unit"),
    "moles/min": (_unit("NO", "moles/min"), "unit"),
    "g/hr": (_unit("PEC", "g/hr"), "unit"),
    "moles/km2/s": (_unit("NO", "moles/s/km2"), "unit"),
    "mols/s": (_unit("NO", "mols/s"), "unit"),
    "Moles/S": (_unit("NO", "Moles/S"), "unit"),
    "NVARS one too small": (_set(NVARS=np.int32(12)), "variable-count"),
    "NVARS one too large": (_set(NVARS=np.int32(14)), "variable-count"),
    "last variable not listed": (_unlisted, "variable-list"),
}


@pytest.mark.parametrize("case", [*ABORTS, *SILENT])
def test_malformed_emissions(tmp_path, case):
    change, code = (ABORTS | SILENT)[case]
    draft = make.emissions()
    change(draft)
    found = check_draft(draft, tmp_path)
    assert code in errors(found), [str(f) for f in found]
    line = str(next(f for f in found if f.code == code))
    assert "\n" not in line
    assert "emis.nc" in line


def test_units_padded_with_nul(tmp_path):
    # what broke CMAQ 5.3; netCDF4 for Python hides it, the bytes of the header do not
    path = make.write(make.emissions(), tmp_path / "emis.nc")
    path.write_bytes(
        path.read_bytes().replace(b"moles/s".ljust(16), b"moles/s".ljust(16, b"\0"), 1)
    )
    found = run(path)
    assert [f.where for f in found if f.code == "nul-padding"] == ["NO:units"]
    assert "unit" not in errors(found)


def test_missing_species_is_an_error_in_a_complete_set(tmp_path):
    draft = make.emissions()
    del draft.data["NH3"]
    draft.relist()
    found = check_draft(draft, tmp_path, complete=True)
    assert "missing-variable" in errors(found)
    assert "NH3" in next(f.found for f in found if f.code == "missing-variable")
    # one stream alone may lack it: said, not held against it
    assert "missing-variable" not in errors(check_draft(draft, tmp_path))


def _cases_of_warnings():
    def offset(d):
        _shift("XORIG", 1.0)(d)

    return {  # accepted by the model: a warning or a note, no error
        "origin off by 1 m": (offset, "grid-origin", "warning"),
        "kg/s": (_unit("PEC", "kg/s"), "unit", "warning"),
        "mol/s": (_unit("NO", "mol/s"), "unit", "warning"),
        "moles/m2/s": (_unit("NO", "moles/m2/s"), "unit", "warning"),
        "GDNAM different": (_set(GDNAM="OTHER".ljust(16)), "grid-name", "note"),
        "int64 attributes": (_set(NTHIK=np.int64(1)), "attribute-type", "warning"),
        "float32 grid attributes": (_set(P_ALP=np.float32(25)), "attribute-type", "warning"),
        "CO2 in the file": (_rename("PAR", "CO2"), "name-ignored", "note"),
        "all zero": (lambda d: d.data["CO"].fill(0), "all-zero", "warning"),
        "absurd factor": (lambda d: d.data["NO"].__imul__(1e6), "implausible", "warning"),
        "POC without PNCOM": (_rename("PNCOM", "PTI"), "organic-mass", "warning"),
    }


WARNINGS = _cases_of_warnings()


@pytest.mark.parametrize("case", WARNINGS)
def test_accepted_by_the_model(tmp_path, case):
    change, code, severity = WARNINGS[case]
    draft = make.emissions()
    draft.model = "NETCDF4"
    change(draft)
    found = check_draft(draft, tmp_path)
    assert severity in {f.severity for f in found if f.code == code}
    assert not errors(found), [str(f) for f in found]


def test_larger_domain_is_windowed(tmp_path):
    wide = CN36.nest(name="TEST36", ratio=1, col0=89, row0=60, cols=12, rows=8)
    found = check_draft(make.emissions(grid=wide), tmp_path)
    assert not errors(found)
    assert "grid-window" in {f.code for f in found}


def test_smaller_domain_does_not_cover(tmp_path):
    small = CN36.nest(name="TEST36", ratio=1, col0=90, row0=60, cols=9, rows=8)
    assert "grid-cover" in errors(check_draft(make.emissions(grid=small), tmp_path))


def test_other_dimension_names_and_fixed_time_are_accepted(tmp_path):
    draft = make.emissions()
    draft.dims.update(ROW="y", COL="x", LAY="level")
    draft.fixed_time = True
    found = check_draft(draft, tmp_path)
    assert not errors(found), [str(f) for f in found]


def test_three_dimensional_file_with_other_levels_is_not_caught(tmp_path):
    # CMAQ takes layers by index and never compares VGLVLS: no single file can show the mistake
    draft = make.emissions(layers=3)
    draft.attrs["VGLVLS"] = np.float32([1, 0.5, 0.4, 0.1])
    assert not errors(check_draft(draft, tmp_path))


def test_file_from_16z_needs_a_whole_utc_day(tmp_path):
    early = make.DAY - pd.Timedelta(hours=8)
    assert "records" in errors(check_draft(make.emissions(start=early), tmp_path))
    whole = check_draft(make.emissions(start=early, records=34), tmp_path)
    assert not errors(whole)


def test_local_time_labelled_as_utc_is_not_caught(tmp_path):
    # the same numbers under another label: nothing in one file says so
    draft = make.emissions()
    draft.data = {k: np.roll(v, 8, axis=0) for k, v in draft.data.items()}
    assert not errors(check_draft(draft, tmp_path))


def test_record_25_must_be_record_1_of_the_next_day(tmp_path):
    today, tomorrow = make.emissions(), make.emissions(start=make.DAY + pd.Timedelta(days=1))
    paths = [
        make.write(today, tmp_path / "emis_20300704.nc"),
        make.write(tomorrow, tmp_path / "emis_20300705.nc"),
    ]
    assert "seam" not in {f.code for f in run(*paths)}
    tomorrow.data["NO"] = tomorrow.data["NO"] * np.float32(1.2)
    make.write(tomorrow, paths[1])
    assert "seam" in {f.code for f in run(*paths)}


# ---- stacks -----------------------------------------------------------------------------------

STACKS = {
    "Celsius": (lambda d: d.data["STKTK"].fill(50.0), "stack-stktk"),
    "temperature 0": (lambda d: d.data["STKTK"].fill(0.0), "stack-stktk"),
    "diameter 0": (lambda d: d.data["STKDM"].fill(0.0), "stack-stkdm"),
    "height in feet": (lambda d: d.data["STKHT"].fill(690.0), "stack-stkht"),
    "velocity negative": (lambda d: d.data["STKVE"].fill(-1.0), "stack-stkve"),
    "velocity in m/h": (lambda d: d.data["STKVE"].fill(6e4), "stack-stkve"),
    "NaN": (lambda d: d.data["STKVE"].fill(np.nan), "stack-stkve"),
    "outside the domain": (lambda d: d.data["XLOCA"].fill(9e6), "stack-outside"),
    "degrees": (
        lambda d: (d.data["XLOCA"].fill(116.4), d.data["YLOCA"].fill(39.9)),
        "stack-degrees",
    ),
    "another projection": (lambda d: d.data["LONGITUDE"].__iadd__(2.0), "stack-place"),
    "ISTACK float": (_dtype("ISTACK", "f4"), "type"),
    "unit degC": (_unit("STKTK", "degC"), "stack-unit"),
    "unit ft": (_unit("STKHT", "ft"), "stack-unit"),
    **{
        f"no {n}": (lambda d, n=n: (d.data.pop(n), d.relist()), "stack-variable")
        for n in ("XLOCA", "YLOCA", "STKDM", "STKHT", "STKTK", "STKVE")
    },
}


@pytest.mark.parametrize("case", STACKS)
def test_malformed_stack_groups(tmp_path, case):
    change, code = STACKS[case]
    draft = make.stacks()
    change(draft)
    found = run(make.write(draft, tmp_path / "stack_groups.nc"))
    assert code in errors(found), [str(f) for f in found]


def test_row_counts_of_groups_and_emissions(tmp_path):
    groups = make.write(make.stacks(4), tmp_path / "stack_groups_power.nc")
    other = make.write(make.stacks(3), tmp_path / "stack_groups_steel.nc")
    points = make.write(make.points(3), tmp_path / "inln_power.nc")
    assert "stack-rows" in errors(run(groups, other, points))
    assert "stack-rows" not in errors(run(other, points))
    assert "stack-pair" in {f.code for f in run(points)}


# ---- masks ------------------------------------------------------------------------------------

MASKS = {
    "lower case": (lambda d: d.rename("C110100", "c110100"), "mask-name"),
    "hourly": (_set(TSTEP=np.int32(10000)), "mask-time"),
    "above 1": (lambda d: d.data["C110100"].fill(1.2), "mask-value"),
    "below 0": (lambda d: d.data["C110100"].fill(-0.1), "mask-value"),
    "17 characters": (lambda d: d.rename("C110100", "C11010000000000000"), "name-length"),
}


@pytest.mark.parametrize("case", MASKS)
def test_malformed_masks(tmp_path, case):
    change, code = MASKS[case]
    draft = make.masks()
    change(draft)
    path = make.write(draft, tmp_path / "masks.nc")
    found = run(path, kinds={str(path): "masks"})
    assert code in errors(found), [str(f) for f in found]


def test_overlapping_masks_are_a_warning(tmp_path):
    draft = make.masks()
    draft.data = {k: np.full_like(v, 0.7, dtype=np.float32) for k, v in draft.data.items()}
    assert "mask-sum" in {f.code for f in run(make.write(draft, tmp_path / "m.nc"))}


# ---- totals -----------------------------------------------------------------------------------


def test_closure_against_a_table(tmp_path):
    path = make.write(make.emissions(names=("NO", "PEC")), tmp_path / "emis.nc")
    hours = np.ones(25)
    hours[[0, -1]] = 0.5
    draft = make.emissions(names=("NO", "PEC"))
    total = {
        k: float((v.astype(float).sum(axis=(1, 2, 3)) * hours).sum() * 3600)
        for k, v in draft.data.items()
    }
    table = pd.DataFrame(
        {
            "variable": ["NO", "NO", "PEC"],
            "value": [total["NO"], total["NO"] * 30.0 / 1e3, total["PEC"] / 1e6],
            "unit": ["moles", "kg", "Mg"],
        }
    )
    assert not errors(run(path, table=table))
    off = table.assign(value=table["value"] * (1 + 2e-6))
    assert [f.code for f in run(path, table=off) if f.severity == "error"] == ["closure"] * 3
    missing = pd.concat([table, pd.DataFrame({"variable": ["CO"], "value": [1.0], "unit": ["kg"]})])
    assert "in no file" in str(run(path, table=missing)[-1])
    elsewhere = off.assign(file="other*.nc")
    assert not errors(run(path, table=elsewhere))


@pytest.mark.parametrize(
    ("change", "error"), [({"unit": "lb"}, UnitsError), ({"value": np.nan}, InputError)]
)
def test_a_table_of_totals_that_cannot_be_used(tmp_path, change, error):
    path = make.write(make.emissions(names=("NO",)), tmp_path / "emis.nc")
    table = pd.DataFrame({"variable": ["NO"], "value": [1.0], "unit": ["kg"]}).assign(**change)
    with pytest.raises(error):
        run(path, table=table)


# ---- orientation ------------------------------------------------------------------------------


def _toy_orientation() -> tuple[Orientation, np.ndarray]:
    """Land in the north-east half; three cities in it."""
    rows, cols = make.GRID.shape
    land = (np.arange(rows)[:, None] + np.arange(cols)[None, :] > 9).astype(float)
    cells = [(5, 8), (6, 6), (7, 4)]
    lon, lat = make.GRID.lonlat
    cities = {str(i): (float(lon[c]), float(lat[c])) for i, c in enumerate(cells)}
    weight = land * 0.1
    for c in cells:
        weight[c] = 5.0
    return Orientation(grid=make.GRID, land=land, cities=cities), weight


@pytest.mark.parametrize("axis", [2, 3])
def test_flipped_grid_is_seen(tmp_path, axis):
    orientation, weight = _toy_orientation()
    draft = make.emissions()
    draft.data = {
        k: (v.mean(axis=(2, 3), keepdims=True) * weight).astype(np.float32)
        for k, v in draft.data.items()
    }
    assert "orientation" not in {
        f.code for f in check_draft(draft, tmp_path, orientation=orientation)
    }
    draft.data = {k: np.flip(v, axis) for k, v in draft.data.items()}
    found = check_draft(draft, tmp_path, orientation=orientation)
    assert "orientation" in errors(found)
    # without a reference nothing in the file can tell
    assert not errors(check_draft(draft, tmp_path))


@pytest.mark.slow
def test_mainland_is_seen_on_the_default_grid():
    reference = mainland_orientation(CN36)
    cells = CN36.locate(*np.array(list(known_cities().values())).T)
    assert (reference.land.ravel()[cells] > 0.5).all()
    assert reference.land.sum() * 36**2 == pytest.approx(9.4e6, rel=0.08)


# ---- readers ----------------------------------------------------------------------------------


def test_what_is_no_netcdf_is_said(tmp_path):
    text = tmp_path / "a.nc"
    text.write_text("no netCDF")
    with pytest.raises(InputError, match="not a readable netCDF"):
        run(text)
    with pytest.raises(InputError, match="file not found"):
        run(tmp_path / "absent.nc")


def test_truncated_file(tmp_path):
    draft = make.emissions()
    draft.model = "NETCDF4"
    path = make.write(draft, tmp_path / "a.nc")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=r"truncated|damaged"):
        run(path)


def test_another_netcdf_is_no_ioapi_file(tmp_path):
    import xarray as xr

    path = tmp_path / "other.nc"
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf(path)
    assert next(f.code for f in run(path)) == "not-ioapi"


def test_mechanism_tables_are_checked():
    table = pd.DataFrame(
        {"variable": ["NO", "NO"], "phase": ["gas"] * 2, "inventory": [""] * 2}
        | {"core": ["true"] * 2, "value": [30.0] * 2}
    )
    with pytest.raises(InputError, match="twice"):
        mechanism_from(table, name="x")
    with pytest.raises(InputError, match="unknown phase"):
        mechanism_from(table.iloc[:1].assign(phase="solid"), name="x")
    with pytest.raises(InputError, match="file not found"):
        read_mechanism("cb99")


def test_number_of_cases_of_the_reference():
    assert len(MISSING) + len(ABORTS) + len(SILENT) + len(STACKS) + len(MASKS) + len(WARNINGS) >= 85


@pytest.mark.realdata
def test_a_real_emission_record(realdata):
    # `mols/s` and CH4: a real file of another tool
    path = realdata / "model_samples" / "emis_record_2022-12-07.nc"
    with IoapiReader([path]) as files:
        found = check_files(files, context=Context(mechanism=MECHANISM))
    assert "unit" in errors(found)
