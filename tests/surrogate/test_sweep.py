"""Sweeps: many scenario-years of a quarter together give what each gives alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from scenair.config import load_config
from scenair.core.errors import ConfigError, InputError
from scenair.core.io.netcdf import open_netcdf, write_netcdf
from scenair.surrogate import sweep
from scenair.surrogate.io.annual import build_air_quality
from scenair.surrogate.io.sweep import build_sweep
from scenair.surrogate.products import BESIDE, PARTS
from tests.surrogate.synthetic import emissions

if TYPE_CHECKING:
    from pathlib import Path

MEMBERS = [(2015, "history"), (2016, "peak")]


@pytest.fixture(scope="module")
def swept(small, tmp_path_factory) -> Path:
    """Four quarters of two scenario-years, the second with less NOx and ammonia."""
    folder = tmp_path_factory.mktemp("sweep")
    for (year, name), scale in zip(MEMBERS, ({}, {"NOx": 0.7, "NH3": 0.8}), strict=True):
        gridded, cities = emissions(small.grid, year=year, scale=scale)
        write_netcdf(gridded, folder / f"{name}.nc", title="synthetic", attrs={"year": year})
        write_netcdf(cities, folder / f"{name}_cities.nc", title="synthetic")
    for quarter in range(4):
        solve(small, folder, quarter)
    return folder


def solve(small, folder: Path, quarter: int, *, name: str = "q", threads: int = 2) -> Path:
    """One quarter of the sweep."""
    path = folder / f"{name}{quarter + 1}.nc"
    build_sweep(
        quarter=quarter,
        members=MEMBERS,
        config=small.config,
        gridded=[folder / f"{scenario}.nc" for _, scenario in MEMBERS],
        meteorology=small.folder / "meteorology.nc",
        background=small.folder / "background.nc",
        solutions=path,
        threads=threads,
    )
    return path


def year_of(small, folder: Path, out: Path, member: tuple[int, str], **options) -> Path:
    """A scenario-year, alone or from the sweep."""
    year, scenario = member
    build_air_quality(
        year=year,
        scenario=scenario,
        config=small.config,
        gridded=options.pop("gridded", folder / f"{scenario}.nc"),
        cities=folder / f"{scenario}_cities.nc",
        meteorology=small.folder / "meteorology.nc",
        background=small.folder / "background.nc",
        annual=out / "annual.nc",
        closure=out / "closure.csv",
        **options,
    )
    return out / "annual.nc"


def quarters(folder: Path) -> list[Path]:
    return [folder / f"q{n}.nc" for n in (1, 2, 3, 4)]


def differences(one: Path, other: Path) -> dict[str, float]:
    """Largest difference of each field over its maximum."""
    a, b = open_netcdf(one), open_netcdf(other)
    names = [*PARTS, *BESIDE, "O3_WARM", "O3_REGIME_WARM"]
    return {n: float(np.abs(a[n] - b[n]).max() / np.abs(a[n]).max()) for n in names}


@pytest.mark.parametrize("member", MEMBERS)
def test_as_alone(small, swept, tmp_path, member):
    """With few members all systems are iterated as in a run of one year."""
    (tmp_path / "alone").mkdir()
    alone = year_of(small, swept, tmp_path / "alone", member)
    found = differences(alone, year_of(small, swept, tmp_path, member, quarters=quarters(swept)))
    assert max(found.values()) < 1e-6, found


def test_as_alone_with_factors(small, swept, tmp_path, monkeypatch):
    """Shared factors: the same in single precision, nitrate and ozone included."""
    for path in swept.glob("*.nc"):
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.setattr(sweep, "FACTOR_FROM", 1)
    for quarter in range(4):
        (tmp_path / f"q{quarter + 1}.nc").unlink()
        solve(small, tmp_path, quarter)
    (tmp_path / "alone").mkdir()
    alone = year_of(small, swept, tmp_path / "alone", MEMBERS[1])
    found = differences(
        alone, year_of(small, tmp_path, tmp_path, MEMBERS[1], quarters=quarters(tmp_path))
    )
    assert max(found.values()) < 1e-6, found


def test_threads_do_not_matter(small, swept, tmp_path):
    one = year_of(small, swept, tmp_path, MEMBERS[0], threads=1).read_bytes()
    assert year_of(small, swept, tmp_path, MEMBERS[0], threads=4).read_bytes() == one
    again = solve(small, swept, 0, name="again", threads=1)
    assert again.read_bytes() == (swept / "q1.nc").read_bytes()


def test_other_emissions_are_refused(small, swept, tmp_path):
    """A quarter that was solved for other emissions is not taken."""
    gridded, _ = emissions(small.grid, year=2015)
    gridded["SO2"] = gridded["SO2"].assign_attrs(note="another file, same mass")
    write_netcdf(gridded, tmp_path / "new.nc", title="new", attrs={"year": 2015})
    with pytest.raises(InputError, match="other emissions"):
        year_of(
            small, swept, tmp_path, MEMBERS[0],
            gridded=tmp_path / "new.nc", quarters=quarters(swept),
        )  # fmt: skip


def test_a_stranger_is_refused(small, swept, tmp_path):
    for kind in ("", "_cities"):
        (tmp_path / f"early_peak{kind}.nc").symlink_to(swept / f"peak{kind}.nc")
    with pytest.raises(InputError, match="does not hold"):
        year_of(small, tmp_path, tmp_path, (2016, "early_peak"), quarters=quarters(swept))


def test_damaged_emissions_stop_the_sweep(small, swept, tmp_path):
    ds = open_netcdf(swept / "history.nc")
    ds["NOx"].values[0, 2, 3, 4] = np.nan
    for _, name in MEMBERS:
        write_netcdf(ds, tmp_path / f"{name}.nc", title="damaged", attrs={"year": 2015})
    with pytest.raises(InputError, match="no number"):
        solve(small, tmp_path, 0)


def test_configuration(repo):
    def sweeps(value):
        return load_config({"sweep": value}, folder=repo / "config").sweep

    (only,) = sweeps({"years": [2025, 2030], "scenarios": ["peak", "reference"]}).values()
    assert only.members[:2] == ((2025, "peak"), (2030, "peak"))
    assert sweeps({}) == {}
    first, later = {"years": [2030], "scenarios": ["peak"]}, {"years": [2030], "scenarios": ["new"]}
    assert set(sweeps({"first": first, "later": later})) == {"first", "later"}
    with pytest.raises(ConfigError, match="two sweeps"):
        sweeps({"first": first, "again": first})
    with pytest.raises(ConfigError, match="twice"):
        sweeps({"years": [2030, 2030], "scenarios": ["peak"]})
