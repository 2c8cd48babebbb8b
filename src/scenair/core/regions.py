"""The 369 mainland units, their provinces and counties.

337 prefecture-level cities (the attainment universe: 333 and 4 municipalities) and 32 county-level
units that answer to their province directly. Three reserves in Gansu that carry a city code but no
population join the neighbour with the longest shared border. Hong Kong, Macao and Taiwan carry no
emissions here; they belong to the background.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from scenair.core.boundaries import Source, read_boundaries
from scenair.core.errors import InputError
from scenair.core.io.tables import read_table

if TYPE_CHECKING:
    import geopandas as gpd

OUTSIDE_PROVINCES: Final = (710000, 810000, 820000)
#: Reserve -> the unit it joins (longest shared border, recomputed in the tests).
GANSU_RESERVES: Final[dict[int, int]] = {629700: 620700, 629800: 623000, 629900: 622900}
N_UNITS: Final = 369
N_CITIES: Final = 337

#: adcode of a province -> two letters, as REAS and GCAM-China write them.
PROVINCE_CODES: Final[dict[int, str]] = {
    110000: "BJ", 120000: "TJ", 130000: "HE", 140000: "SX", 150000: "NM", 210000: "LN",
    220000: "JL", 230000: "HL", 310000: "SH", 320000: "JS", 330000: "ZJ", 340000: "AH",
    350000: "FJ", 360000: "JX", 370000: "SD", 410000: "HA", 420000: "HB", 430000: "HN",
    440000: "GD", 450000: "GX", 460000: "HI", 500000: "CQ", 510000: "SC", 520000: "GZ",
    530000: "YN", 540000: "XZ", 610000: "SN", 620000: "GS", 630000: "QH", 640000: "NX",
    650000: "XJ",
}  # fmt: skip

PROVINCE_NAMES_EN: Final[dict[int, str]] = {
    110000: "Beijing", 120000: "Tianjin", 130000: "Hebei", 140000: "Shanxi",
    150000: "Inner Mongolia", 210000: "Liaoning", 220000: "Jilin", 230000: "Heilongjiang",
    310000: "Shanghai", 320000: "Jiangsu", 330000: "Zhejiang", 340000: "Anhui",
    350000: "Fujian", 360000: "Jiangxi", 370000: "Shandong", 410000: "Henan", 420000: "Hubei",
    430000: "Hunan", 440000: "Guangdong", 450000: "Guangxi", 460000: "Hainan",
    500000: "Chongqing", 510000: "Sichuan", 520000: "Guizhou", 530000: "Yunnan",
    540000: "Tibet", 610000: "Shaanxi", 620000: "Gansu", 630000: "Qinghai", 640000: "Ningxia",
    650000: "Xinjiang",
}  # fmt: skip

#: The 28 cities "2+26" of the 2017 autumn-winter plan for Beijing-Tianjin-Hebei and surroundings.
CITIES_2_26: Final[tuple[int, ...]] = (
    110000, 120000, 130100, 130200, 130400, 130500, 130600, 130900, 131000, 131100,
    140100, 140300, 140400, 140500, 370100, 370300, 370800, 371400, 371500, 371600, 371700,
    410100, 410200, 410500, 410600, 410700, 410800, 410900,
)  # fmt: skip


@cache
def units(source: Source = "tianditu") -> gpd.GeoDataFrame:
    """The 369 units in ascending adcode.

    Returns
    -------
    GeoDataFrame
        Index ``adcode`` (int32); columns name_zh, name_en, province (int32, xx0000),
        level (``city`` for the 337, ``county`` for the 32), geometry (WGS84).
    """
    import geopandas as gpd
    import shapely

    table, geometries = read_boundaries("city", source=source)
    table["geometry"] = geometries
    table = table[~table["province_adcode"].isin(OUTSIDE_PROVINCES)]
    table = table.set_index("city_adcode")
    for reserve, host in GANSU_RESERVES.items():
        if reserve in table.index:
            merged = shapely.union(table.at[host, "geometry"], table.at[reserve, "geometry"])
            table.at[host, "geometry"] = merged
            table = table.drop(index=reserve)
    table = table.sort_index()
    table.index.name = "adcode"
    if len(table) != N_UNITS:
        raise InputError("unexpected number of units", value=len(table), allowed=str(N_UNITS))
    names = read_table("regions/city_names_en.csv").set_index("adcode")["value"]
    direct = (table.index.to_numpy() % 10000) // 100 == 90
    frame = gpd.GeoDataFrame(
        {
            "name_zh": table["city_name"],
            "name_en": names.reindex(table.index),
            "province": table["province_adcode"].astype(np.int32),
            "level": np.where(direct, "county", "city"),
        },
        geometry=list(table["geometry"]),
        crs="EPSG:4326",
        index=table.index.astype(np.int32),
    )
    if frame["name_en"].isna().any():
        raise InputError(
            "units without an English name",
            where="resources/regions/city_names_en.csv",
            value=frame.index[frame["name_en"].isna()].tolist(),
            remedy="add a row for each",
        )
    return frame


@cache
def counties(source: Source = "tianditu") -> gpd.GeoDataFrame:
    """Counties of the mainland in ascending adcode.

    Returns
    -------
    GeoDataFrame
        Index ``county`` (int32); columns name_zh, adcode (the unit the county belongs to, int32),
        province (int32), geometry (WGS84).
    """
    import geopandas as gpd

    table, geometries = read_boundaries("district", source=source)
    table["geometry"] = geometries
    table = table[~table["province_adcode"].isin(OUTSIDE_PROVINCES)]
    table = table.set_index("district_adcode").sort_index()
    table.index.name = "county"
    return gpd.GeoDataFrame(
        {
            "name_zh": table["district_name"],
            "adcode": table["city_adcode"].replace(GANSU_RESERVES).astype(np.int32),
            "province": table["province_adcode"].astype(np.int32),
        },
        geometry=list(table["geometry"]),
        crs="EPSG:4326",
        index=table.index.astype(np.int32),
    )


@cache
def adcodes() -> tuple[int, ...]:
    """The 369 adcodes, ascending (the ``city`` coordinate of every file)."""
    return tuple(int(code) for code in units().index)
