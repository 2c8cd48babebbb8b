"""Every malformed emission file that was tried on the real model, through the validator."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scenair.cmaq.check import kind_of
from scenair.cmaq.io_tools import IoapiReader
from scenair.core.grids import CN36
from tests.cmaq import defect
from tests.cmaq import ioapi_files as make

# ---- right files -----------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["NETCDF3_64BIT_OFFSET", "NETCDF3_CLASSIC", "NETCDF4"])
def test_right_file_has_no_error_and_no_warning(tmp_path, model):
    draft = make.emissions()
    draft.model = model
    found = defect.check_draft(draft, tmp_path, complete=True)
    assert not [str(f) for f in found if f.severity != "note"]


def test_right_masks_and_stacks_pass(tmp_path):
    groups = make.write(make.stacks(), tmp_path / "stack_groups_power.nc")
    points = make.write(make.points(), tmp_path / "inln_power.nc")
    mask = make.write(make.masks(), tmp_path / "masks.nc")
    found = defect.run(groups, points, mask)
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
    found = defect.check_draft(draft, tmp_path)
    hit = [f for f in found if f.code == "attribute-missing" and f.where == name]
    assert [f.severity for f in hit] == [MISSING[name]]


# ---- one defect: change, code that must be an error -------------------------------------------


ABORTS = {  # the model stops: the validator must say so before
    "no VAR-LIST": (defect.set_(VAR_LIST=""), "variable-list"),
    "VAR-LIST in slots of 8": (defect.short_slots, "variable-list"),
    "FTYPE 3": (defect.set_(FTYPE=np.int32(3)), "file-type"),
    "time dimension called time": (defect.time_dim, "time-dimension"),
    "name of 17 characters": (defect.rename_("XYLMN", "XYLMN_OF_17_CHARS"), "name-length"),
    "VGLVLS too short": (defect.set_(VGLVLS=np.float32([1.0])), "size"),
    "TFLAG all zero": (lambda d: d.tflag.fill(0), "tflag-date"),
    "no TFLAG": (defect.no_tflag, "tflag"),
    "TFLAG in seconds": (defect.seconds, "tflag-date"),
    "TFLAG hour 25": (defect.flag(4, time=250000), "tflag-date"),
    "TFLAG minute 75": (defect.flag(4, time=47500), "tflag-date"),
    "TFLAG day 366 of a common year": (defect.flag(24, date=2030366), "tflag-date"),
    "TFLAG repeats an hour": (defect.flag(4, time=30000), "tflag-steps"),
    "TFLAG differs between variables": (defect.one_flag, "tflag-variables"),
    "TSTEP 0": (defect.set_(TSTEP=np.int32(0)), "time-step"),
    "TSTEP 1": (defect.set_(TSTEP=np.int32(1)), "time-step"),
    "TSTEP 3600": (defect.set_(TSTEP=np.int32(3600)), "time-step"),
    "SDATE of another year": (defect.set_(SDATE=np.int32(2017185)), "start"),
    "STIME 8": (defect.set_(STIME=np.int32(80000)), "start"),
    "24 records": (defect.records(24), "records"),
    "1 record": (defect.records(1), "records"),
    "P_GAM 102": (defect.set_(P_GAM=102.0), "grid-projection"),
    "XCENT 118": (defect.set_(XCENT=118.0), "grid-projection"),
    "YCENT as MCIP without wrf_lc_ref_lat": (defect.set_(YCENT=32.5), "grid-projection"),
    "P_ALP 30": (defect.set_(P_ALP=30.0), "grid-projection"),
    "GDTYP 6": (defect.set_(GDTYP=np.int32(6)), "grid-projection"),
    "XCELL 27 km": (defect.set_(XCELL=27000.0), "grid-cell"),
    "XCELL in km": (defect.set_(XCELL=36.0), "grid-cell"),
    "XCELL 0": (defect.set_(XCELL=0.0), "grid-cell"),
    "origin off by half a cell": (defect.shift("XORIG", 18000.0), "grid-origin"),
    "origin off by one cell": (defect.shift("YORIG", 36000.0), "grid-cover"),
    "NCOLS attribute wrong": (defect.set_(NCOLS=np.int32(9)), "size"),
    "NLAYS attribute wrong": (defect.set_(NLAYS=np.int32(3)), "size"),
    "a negative value": (defect.value_("NO", -1e-12), "negative"),
    "float64": (defect.dtype("NO", "f8"), "type"),
    "NaN": (defect.value_("SO2", np.nan), "not-finite"),
    "NaN in the last record": (defect.nan_record, "not-finite"),
    "infinity": (defect.value_("SO2", np.inf), "not-finite"),
    "netCDF fill value": (defect.value_("SO2", 9.96921e36), "fill-value"),
    "attribute as text": (defect.set_(NTHIK="1"), "attribute-type"),
    "rows and columns exchanged": (defect.transposed, "variable-dimensions"),
}

SILENT = {  # the model ends with status 0 and another science
    "no instead of NO": (defect.rename_("NO", "no"), "name"),
    "XYL instead of XYLMN": (defect.rename_("XYLMN", "XYL"), "name"),
    "BENZENE instead of BENZ": (defect.rename_("PAR", "BENZENE"), "name"),
    "unknown name": (defect.rename_("PAR", "ABCDEF"), "name"),
    "PM25 as it is": (defect.rename_("PMOTHR", "PM25"), "name"),
    "int32": (defect.dtype("NO", "i4"), "type"),
    "int16": (defect.dtype("NO", "i2"), "type"),
    "g/s on a gas": (defect.unit_("NO", "g/s"), "unit"),
    "moles/s on a particle": (defect.unit_("PEC", "moles/s"), "unit"),
    "no unit": (defect.no_unit, "unit"),
    "tons/yr": (defect.unit_("NO", "tons/yr"), "unit"),
    "moles/hr": (defect.unit_("NO", "moles/hr"), "unit"),
    "moles/min": (defect.unit_("NO", "moles/min"), "unit"),
    "g/hr": (defect.unit_("PEC", "g/hr"), "unit"),
    "moles/km2/s": (defect.unit_("NO", "moles/s/km2"), "unit"),
    "mols/s": (defect.unit_("NO", "mols/s"), "unit"),
    "Moles/S": (defect.unit_("NO", "Moles/S"), "unit"),
    "NVARS one too small": (defect.set_(NVARS=np.int32(12)), "variable-count"),
    "NVARS one too large": (defect.set_(NVARS=np.int32(14)), "variable-count"),
    "last variable not listed": (defect.unlisted, "variable-list"),
}


@pytest.mark.parametrize("case", [*ABORTS, *SILENT])
def test_malformed_emissions(tmp_path, case):
    change, code = (ABORTS | SILENT)[case]
    draft = make.emissions()
    change(draft)
    found = defect.check_draft(draft, tmp_path)
    assert code in defect.errors(found), [str(f) for f in found]
    line = str(next(f for f in found if f.code == code))
    assert "\n" not in line
    assert "emis.nc" in line


def test_units_padded_with_nul(tmp_path):
    # what broke CMAQ 5.3; netCDF4 for Python hides it, the bytes of the header do not
    path = make.write(make.emissions(), tmp_path / "emis.nc")
    path.write_bytes(
        path.read_bytes().replace(b"moles/s".ljust(16), b"moles/s".ljust(16, b"\0"), 1)
    )
    found = defect.run(path)
    assert [f.where for f in found if f.code == "nul-padding"] == ["NO:units"]
    assert "unit" not in defect.errors(found)


def test_missing_species_is_an_error_in_a_complete_set(tmp_path):
    draft = make.emissions()
    del draft.data["NH3"]
    draft.relist()
    found = defect.check_draft(draft, tmp_path, complete=True)
    assert "missing-variable" in defect.errors(found)
    assert "NH3" in next(f.found for f in found if f.code == "missing-variable")
    # one stream alone may lack it: said, not held against it
    assert "missing-variable" not in defect.errors(defect.check_draft(draft, tmp_path))


def _cases_of_warnings():
    def offset(d):
        defect.shift("XORIG", 1.0)(d)

    return {  # accepted by the model: a warning or a note, no error
        "origin off by 1 m": (offset, "grid-origin", "warning"),
        "kg/s": (defect.unit_("PEC", "kg/s"), "unit", "warning"),
        "mol/s": (defect.unit_("NO", "mol/s"), "unit", "warning"),
        "moles/m2/s": (defect.unit_("NO", "moles/m2/s"), "unit", "warning"),
        "GDNAM different": (defect.set_(GDNAM="OTHER".ljust(16)), "grid-name", "note"),
        "int64 attributes": (defect.set_(NTHIK=np.int64(1)), "attribute-type", "warning"),
        "float32 grid attributes": (defect.set_(P_ALP=np.float32(25)), "attribute-type", "warning"),
        "CO2 in the file": (defect.rename_("PAR", "CO2"), "name-ignored", "note"),
        "all zero": (lambda d: d.data["CO"].fill(0), "all-zero", "warning"),
        "absurd factor": (lambda d: d.data["NO"].__imul__(1e6), "implausible", "warning"),
        "POC without PNCOM": (defect.rename_("PNCOM", "PTI"), "organic-mass", "warning"),
    }


WARNINGS = _cases_of_warnings()


@pytest.mark.parametrize("case", WARNINGS)
def test_accepted_by_the_model(tmp_path, case):
    change, code, severity = WARNINGS[case]
    draft = make.emissions()
    draft.model = "NETCDF4"
    change(draft)
    found = defect.check_draft(draft, tmp_path)
    assert severity in {f.severity for f in found if f.code == code}
    assert not defect.errors(found), [str(f) for f in found]


def test_larger_domain_is_windowed(tmp_path):
    wide = CN36.nest(name="TEST36", ratio=1, col0=89, row0=60, cols=12, rows=8)
    found = defect.check_draft(make.emissions(grid=wide), tmp_path)
    assert not defect.errors(found)
    assert "grid-window" in {f.code for f in found}


def test_smaller_domain_does_not_cover(tmp_path):
    small = CN36.nest(name="TEST36", ratio=1, col0=90, row0=60, cols=9, rows=8)
    assert "grid-cover" in defect.errors(defect.check_draft(make.emissions(grid=small), tmp_path))


def test_other_dimension_names_and_fixed_time_are_accepted(tmp_path):
    draft = make.emissions()
    draft.dims.update(ROW="y", COL="x", LAY="level")
    draft.fixed_time = True
    found = defect.check_draft(draft, tmp_path)
    assert not defect.errors(found), [str(f) for f in found]


def test_three_dimensional_file_with_other_levels_is_not_caught(tmp_path):
    # CMAQ takes layers by index and never compares VGLVLS: no single file can show the mistake
    draft = make.emissions(layers=3)
    draft.attrs["VGLVLS"] = np.float32([1, 0.5, 0.4, 0.1])
    assert not defect.errors(defect.check_draft(draft, tmp_path))


def test_file_from_16z_needs_a_whole_utc_day(tmp_path):
    early = make.DAY - pd.Timedelta(hours=8)
    assert "records" in defect.errors(defect.check_draft(make.emissions(start=early), tmp_path))
    whole = defect.check_draft(make.emissions(start=early, records=34), tmp_path)
    assert not defect.errors(whole)


def test_local_time_labelled_as_utc_is_not_caught(tmp_path):
    # the same numbers under another label: nothing in one file says so
    draft = make.emissions()
    draft.data = {k: np.roll(v, 8, axis=0) for k, v in draft.data.items()}
    assert not defect.errors(defect.check_draft(draft, tmp_path))


def test_record_25_must_be_record_1_of_the_next_day(tmp_path):
    today, tomorrow = make.emissions(), make.emissions(start=make.DAY + pd.Timedelta(days=1))
    paths = [
        make.write(today, tmp_path / "emis_20300704.nc"),
        make.write(tomorrow, tmp_path / "emis_20300705.nc"),
    ]
    assert "seam" not in {f.code for f in defect.run(*paths)}
    tomorrow.data["NO"] = tomorrow.data["NO"] * np.float32(1.2)
    make.write(tomorrow, paths[1])
    assert "seam" in {f.code for f in defect.run(*paths)}
