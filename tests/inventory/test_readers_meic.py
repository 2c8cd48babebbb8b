"""MEIC and DPEC files: every style of name, both formats, and every way to be broken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from scenair.core.errors import InputError
from scenair.inventory.readers import meic
from scenair.inventory.readers.files import read_gridded, read_meic

#: 4 columns x 3 rows, north to south; -9999 is missing; the north-west corner holds 1.
ROWS = np.array([[1.0, 2.0, 3.0, 4.0], [5.0, -9999.0, 7.0, 8.0], [9.0, 10.0, -1.0, 12.0]])
HEADER = "ncols 4\nnrows 3\nxllcorner 70\nyllcorner 10\ncellsize 0.25\nNODATA_value -9999\n"


def asc_text(rows: np.ndarray = ROWS, header: str = HEADER) -> str:
    return header + "\n".join(" ".join(f"{v:g}" for v in row) for row in rows) + "\n"


def gmt(rows: np.ndarray = ROWS, *, x=(70.0, 71.0), y=(10.0, 10.75), spacing=0.25) -> xr.Dataset:
    ny, nx = rows.shape
    return xr.Dataset(
        {
            "x_range": ("side", np.array(x)),
            "y_range": ("side", np.array(y)),
            "z_range": ("side", np.array([rows.min(), rows.max()])),
            "spacing": ("side", np.array([spacing, spacing])),
            "dimension": ("side", np.array([nx, ny], dtype=np.int32)),
            "z": ("xysize", rows.ravel(), {"nodata_value": -9999.0}),
        },
        attrs={"title": "made for a test"},
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2016_01__agriculture__NH3.nc", (2016, 1, "agriculture", "NH3", None)),
        ("2016_1_agriculture_BC.nc", (2016, 1, "agriculture", "BC", None)),
        ("2019_1__agriculture__PM2.5.asc", (2019, 1, "agriculture", "PM25", None)),
        ("2017_01_agriculture_NOx.nc", (2017, 1, "agriculture", "NOx", None)),
        ("agr_Jan_2017_VOC.nc", (2017, 1, "agriculture", "NMVOC", None)),
        ("meic-2017_1_power-PM25.nc", (2017, 1, "power", "PM25", None)),
        ("2050_00_total_VOC.nc", (2050, 0, "total", "NMVOC", None)),
        ("2017_12_transportation_CB05_ALD2.asc", (2017, 12, "transportation", "ALD2", "CB05")),
        ("2017_07__industry__SAPRC07_OLE1.nc", (2017, 7, "industry", "OLE1", "SAPRC07")),
        ("MEIC_2020_06_residential_PMcoarse.nc", (2020, 6, "residential", "PMC", None)),
    ],
)
def test_names(name: str, expected: tuple[object, ...]) -> None:
    info = meic.parse_name(name)
    assert (info.year, info.month, info.sector, info.species, info.mechanism) == expected


def test_units_of_names() -> None:
    assert meic.parse_name("2017_1_power_SO2.nc").units == "Mg cell-1 month-1"
    assert meic.parse_name("2050_00_total_VOC.nc").units == "Mg cell-1 yr-1"
    assert meic.parse_name("2017_1_power_CB05_TOL.nc").units == "Mmol cell-1 month-1"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("emissions.nc", "not a MEIC file name"),
        ("2017_13_power_SO2.nc", "unknown month"),
        ("2017_01_traffic_SO2.nc", "unknown MEIC sector"),
        ("2017_01_power_XYZ.nc", "unknown species"),
    ],
)
def test_bad_names(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        meic.parse_name(name)


@pytest.mark.parametrize("kind", ["asc", "nc"])
def test_orientation_and_audit(kind: str) -> None:
    name = f"2017_01_power_SO2.{kind}"
    ds = (
        meic.parse_asc(asc_text(), name=name)
        if kind == "asc"
        else meic.parse_dataset(gmt(), name=name)
    )
    field = ds["emission"].sel(sector="power", month=1)
    # centres, not corners and not linspace over the edges
    np.testing.assert_allclose(ds["lon"].values, [70.125, 70.375, 70.625, 70.875])
    np.testing.assert_allclose(ds["lat"].values, [10.125, 10.375, 10.625])
    assert field.sel(lat=10.625, lon=70.125).item() == 1.0
    assert field.sel(lat=10.125, lon=70.875).item() == 12.0
    assert ds.attrs["audit_missing_cells"] == 1
    assert ds.attrs["audit_negative_cells"] == 1
    assert ds.attrs["audit_negative_mass"] == -1.0
    assert (
        ds["emission"].sum().item() == pytest.approx(ds.attrs["audit_total"]) == pytest.approx(61)
    )
    np.testing.assert_allclose(ds["lon_bnds"].values[0], [70.0, 70.25])


def test_centre_registered_header() -> None:
    header = HEADER.replace("xllcorner 70", "xllcenter 70.125").replace(
        "yllcorner 10", "yllcenter 10.125"
    )
    ds = meic.parse_asc(asc_text(header=header), name="2017_1_power_SO2.asc")
    assert ds["lon"].values[0] == pytest.approx(70.125)


def test_gridline_registered_netcdf() -> None:
    ds = meic.parse_dataset(gmt(x=(70.125, 70.875), y=(10.125, 10.625)), name="2017_1_power_SO2.nc")
    assert ds["lon"].values[0] == pytest.approx(70.125)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "header"),
        (HEADER, "not complete"),
        (asc_text()[:-8], "not complete"),
        (asc_text().replace("12", "twelve"), "no number"),
        (asc_text(header=HEADER.replace("cellsize 0.25\n", "")), "header"),
        (asc_text(header=HEADER.replace("ncols 4", "ncols four")), "without a number"),
        (asc_text(rows=np.full((3, 4), -9999.0)), "without any value"),
    ],
)
def test_broken_asc(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        meic.parse_asc(text, name="2017_01_power_SO2.asc")


def test_broken_netcdf() -> None:
    name = "2017_01_power_SO2.nc"
    with pytest.raises(InputError, match="truncated"):
        meic.parse_dataset(gmt().isel(xysize=slice(0, 10)), name=name)
    with pytest.raises(InputError, match="without z"):
        meic.parse_dataset(gmt().drop_vars("z"), name=name)
    with pytest.raises(InputError, match="contradict"):
        meic.parse_dataset(gmt(x=(69.0, 71.0)), name=name)


def _write(folder: Path, name: str, rows: np.ndarray = ROWS, header: str = HEADER) -> Path:
    path = folder / name
    path.write_text(asc_text(rows, header), encoding="ascii")
    return path


def test_a_folder_of_files(tmp_path: Path) -> None:
    files = [
        _write(tmp_path, f"2017_{m:02d}__{s}__SO2.asc", ROWS * m)
        for m in (1, 2)
        for s in ("power", "industry")
    ]
    ds = read_meic(files)
    assert dict(ds.sizes)["sector"] == 2
    # the negative and the missing cell count as zero
    assert ds["emission"].sel(sector="power", month=2).sum().item() == pytest.approx(61 * 2)
    assert ds.attrs["audit_missing_cells"] == 2  # -9999 x 2 is a negative number, not missing
    assert ds.attrs["audit_negative_cells"] == 6


@pytest.mark.parametrize(
    ("second", "header", "message"),
    [
        ("2018_02__power__SO2.asc", HEADER, "different year"),
        ("2017_02__power__NOx.asc", HEADER, "different species"),
        ("2017_00_power_SO2.asc", HEADER, "units or periods"),
        ("2017_02__power__SO2.asc", HEADER.replace("70", "70.05"), "different grids"),
        ("2017_02__industry__SO2.asc", HEADER, "months are missing"),
        ("2017_1_power_SO2.asc", HEADER, "given twice"),
    ],
)
def test_files_that_do_not_fit(tmp_path: Path, second: str, header: str, message: str) -> None:
    first = _write(tmp_path, "2017_01__power__SO2.asc")
    other = _write(tmp_path, second, header=header)
    with pytest.raises(InputError, match=message):
        read_meic([first, other])


def test_netcdf_file_through_the_sniffer(tmp_path: Path) -> None:
    path = tmp_path / "2016_1_power_BC.nc"
    gmt().to_netcdf(path)
    ds = read_gridded(path)
    assert ds.attrs["species"] == "BC"
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(InputError, match="truncated"):
        read_gridded(path)


def test_missing_and_binary_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="file not found"):
        read_gridded(tmp_path / "2016_1_power_BC.nc")
    path = tmp_path / "2016_1_power_BC.asc"
    path.write_bytes(b"\xff\xfe\x00ncols")
    with pytest.raises(InputError, match="not an ASCII grid"):
        read_gridded(path)
