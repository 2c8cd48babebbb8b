"""The validator on stacks, masks, totals, flipped grids and files that are something else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scenair.cmaq.check import Context, check_files
from scenair.cmaq.check_names import mechanism_from, read_mechanism
from scenair.cmaq.check_orientation import Orientation, known_cities, mainland_orientation
from scenair.cmaq.io_tools import IoapiReader
from scenair.core.errors import InputError, UnitsError
from scenair.core.grids import CN36
from tests.cmaq import defect
from tests.cmaq import ioapi_files as make
from tests.cmaq.test_check import ABORTS, MISSING, SILENT, WARNINGS

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
    "ISTACK float": (defect.dtype("ISTACK", "f4"), "type"),
    "unit degC": (defect.unit_("STKTK", "degC"), "stack-unit"),
    "unit ft": (defect.unit_("STKHT", "ft"), "stack-unit"),
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
    found = defect.run(make.write(draft, tmp_path / "stack_groups.nc"))
    assert code in defect.errors(found), [str(f) for f in found]


def test_row_counts_of_groups_and_emissions(tmp_path):
    groups = make.write(make.stacks(4), tmp_path / "stack_groups_power.nc")
    other = make.write(make.stacks(3), tmp_path / "stack_groups_steel.nc")
    points = make.write(make.points(3), tmp_path / "inln_power.nc")
    assert "stack-rows" in defect.errors(defect.run(groups, other, points))
    assert "stack-rows" not in defect.errors(defect.run(other, points))
    assert "stack-pair" in {f.code for f in defect.run(points)}


# ---- masks ------------------------------------------------------------------------------------

MASKS = {
    "lower case": (lambda d: d.rename("C110100", "c110100"), "mask-name"),
    "hourly": (defect.set_(TSTEP=np.int32(10000)), "mask-time"),
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
    found = defect.run(path, kinds={str(path): "masks"})
    assert code in defect.errors(found), [str(f) for f in found]


def test_overlapping_masks_are_a_warning(tmp_path):
    draft = make.masks()
    draft.data = {k: np.full_like(v, 0.7, dtype=np.float32) for k, v in draft.data.items()}
    assert "mask-sum" in {f.code for f in defect.run(make.write(draft, tmp_path / "m.nc"))}


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
    assert not defect.errors(defect.run(path, table=table))
    off = table.assign(value=table["value"] * (1 + 2e-6))
    assert [f.code for f in defect.run(path, table=off) if f.severity == "error"] == ["closure"] * 3
    missing = pd.concat([table, pd.DataFrame({"variable": ["CO"], "value": [1.0], "unit": ["kg"]})])
    assert "in no file" in str(defect.run(path, table=missing)[-1])
    elsewhere = off.assign(file="other*.nc")
    assert not defect.errors(defect.run(path, table=elsewhere))


@pytest.mark.parametrize(
    ("change", "error"), [({"unit": "lb"}, UnitsError), ({"value": np.nan}, InputError)]
)
def test_a_table_of_totals_that_cannot_be_used(tmp_path, change, error):
    path = make.write(make.emissions(names=("NO",)), tmp_path / "emis.nc")
    table = pd.DataFrame({"variable": ["NO"], "value": [1.0], "unit": ["kg"]}).assign(**change)
    with pytest.raises(error):
        defect.run(path, table=table)


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
        f.code for f in defect.check_draft(draft, tmp_path, orientation=orientation)
    }
    draft.data = {k: np.flip(v, axis) for k, v in draft.data.items()}
    found = defect.check_draft(draft, tmp_path, orientation=orientation)
    assert "orientation" in defect.errors(found)
    # without a reference nothing in the file can tell
    assert not defect.errors(defect.check_draft(draft, tmp_path))


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
        defect.run(text)
    with pytest.raises(InputError, match="file not found"):
        defect.run(tmp_path / "absent.nc")


def test_truncated_file(tmp_path):
    draft = make.emissions()
    draft.model = "NETCDF4"
    path = make.write(draft, tmp_path / "a.nc")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=r"truncated|damaged"):
        defect.run(path)


def test_another_netcdf_is_no_ioapi_file(tmp_path):
    import xarray as xr

    path = tmp_path / "other.nc"
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf(path)
    assert next(f.code for f in defect.run(path)) == "not-ioapi"


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
        found = check_files(files, context=Context(mechanism=defect.MECHANISM))
    assert "unit" in defect.errors(found)
