"""Units, counties, names and the boundary reader."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from scenair.core import regions
from scenair.core.boundaries import read_boundaries
from scenair.core.sectors import MEIC_OF, MEIC_SECTORS, SECTORS


def test_units_of_the_mainland() -> None:
    units = regions.units()
    assert len(units) == regions.N_UNITS
    assert (units["level"] == "city").sum() == regions.N_CITIES
    assert units.index.is_monotonic_increasing
    assert units.index.dtype == np.int32
    assert set(units["province"]) == set(regions.PROVINCE_CODES) == set(regions.PROVINCE_NAMES_EN)
    assert units["name_en"].is_unique
    assert units.loc[150100, "name_en"] == "Hohhot"
    assert units.loc[650100, "name_en"] == "Urumqi"
    assert units.loc[[320500, 341300], "name_en"].tolist() == ["Suzhou (Jiangsu)", "Suzhou (Anhui)"]


def test_counties_belong_to_units() -> None:
    counties = regions.counties()
    assert set(counties["adcode"]) == set(regions.adcodes())
    assert counties.index.is_unique


def test_reserves_join_the_neighbour_with_the_longest_border() -> None:
    table, geometries = read_boundaries("city")
    by_code = dict(zip(table["city_adcode"], geometries, strict=True))
    for reserve, host in regions.GANSU_RESERVES.items():
        # borders of neighbours differ by some metres: a 200 m band
        band = by_code[reserve].boundary.buffer(0.002)
        shared = {
            code: band.intersection(g.boundary).length
            for code, g in by_code.items()
            if code != reserve
            and code not in regions.GANSU_RESERVES
            and shapely.intersects(band, g)
        }
        assert max(shared, key=lambda code: shared[code]) == host


def test_the_28_cities() -> None:
    assert len(set(regions.CITIES_2_26)) == 28
    assert set(regions.CITIES_2_26) <= set(regions.adcodes())
    assert list(regions.CITIES_2_26) == sorted(regions.CITIES_2_26)


@pytest.mark.parametrize("level", ["province", "city", "district"])
def test_boundaries_are_valid_and_in_china(level: str) -> None:
    table, geometries = read_boundaries(level)  # type: ignore[arg-type]
    assert len(table) == len(geometries)
    bounds = shapely.total_bounds(np.array(geometries, dtype=object))
    assert bounds[0] > 73
    assert bounds[2] < 136
    assert shapely.is_valid(np.array(geometries, dtype=object)).all()


def test_sectors_are_a_partition() -> None:
    assert sorted(s for group in MEIC_SECTORS.values() for s in group) == sorted(SECTORS)
    assert set(MEIC_OF) == set(SECTORS)
    assert len(SECTORS) == 15
