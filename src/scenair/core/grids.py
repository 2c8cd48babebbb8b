"""Model grids as GRIDDESC defines them, on the sphere that WRF and CMAQ use.

A grid is regular in its projection plane. Row 1 is the southernmost, column 1 the westernmost.
Sources: I/O API GRIDDESC convention (GDTYP 1 lat-lon, 2 Lambert conformal, 3 Mercator, 6 polar
stereographic, 7 equatorial Mercator, which is what MCIP writes for WRF's Mercator); sphere of
6 370 000 m as in MCIP.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyproj

EARTH_RADIUS_M: Final = 6_370_000.0
#: Length of a degree of a great circle on that sphere, m.
METRES_PER_DEGREE: Final = np.pi * EARTH_RADIUS_M / 180.0
Array = npt.NDArray[np.float64]

LATLON, LAMBERT, MERCATOR, POLAR, EQUATORIAL_MERCATOR = 1, 2, 3, 6, 7
_SUPPORTED = (LATLON, LAMBERT, MERCATOR, POLAR, EQUATORIAL_MERCATOR)


@dataclass(frozen=True)
class Grid:
    """A regular grid in one of the I/O API projections.

    Attributes
    ----------
    name, projection : str
        GDNAM and coordinate-system name (at most 16 characters).
    gdtyp : int
        1 lat-lon (degrees), 2 Lambert conformal, 3 and 7 Mercator with true latitude P_ALP, 6 polar
        stereographic (metres).
    p_alp, p_bet, p_gam, xcent, ycent : float
        Projection parameters as in GRIDDESC (degrees).
    xorig, yorig : float
        South-west corner of cell (1, 1), metres (degrees for lat-lon).
    xcell, ycell : float
        Cell size, metres (degrees for lat-lon).
    ncols, nrows : int
    """

    name: str
    projection: str
    gdtyp: int
    p_alp: float
    p_bet: float
    p_gam: float
    xcent: float
    ycent: float
    xorig: float
    yorig: float
    xcell: float
    ycell: float
    ncols: int
    nrows: int
    nthik: int = 1

    def __post_init__(self) -> None:
        if self.gdtyp not in _SUPPORTED:
            raise ValueError(f"GDTYP {self.gdtyp} is not one of {_SUPPORTED}")
        if min(self.ncols, self.nrows) < 1 or min(self.xcell, self.ycell) <= 0:
            raise ValueError("a grid needs positive cell sizes and at least one cell")

    @property
    def shape(self) -> tuple[int, int]:
        """(nrows, ncols)."""
        return self.nrows, self.ncols

    @property
    def size(self) -> int:
        return self.nrows * self.ncols

    @property
    def x_edges(self) -> Array:
        return self.xorig + self.xcell * np.arange(self.ncols + 1, dtype=np.float64)

    @property
    def y_edges(self) -> Array:
        return self.yorig + self.ycell * np.arange(self.nrows + 1, dtype=np.float64)

    @property
    def x(self) -> Array:
        """Cell-centre x, ascending."""
        return self.xorig + self.xcell * (np.arange(self.ncols, dtype=np.float64) + 0.5)

    @property
    def y(self) -> Array:
        """Cell-centre y, ascending."""
        return self.yorig + self.ycell * (np.arange(self.nrows, dtype=np.float64) + 0.5)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(xmin, ymin, xmax, ymax) in the projection plane."""
        return (
            self.xorig,
            self.yorig,
            self.xorig + self.ncols * self.xcell,
            self.yorig + self.nrows * self.ycell,
        )

    @property
    def cell_km(self) -> float:
        """Nominal cell size in km (degrees times 111.177 km for lat-lon)."""
        size = float(max(self.xcell, self.ycell))
        return size * (METRES_PER_DEGREE if self.gdtyp == LATLON else 1.0) / 1000

    @cached_property
    def crs(self) -> pyproj.CRS:
        """Projection on the sphere of 6 370 000 m."""
        sphere = f"+R={EARTH_RADIUS_M:.0f} +units=m +no_defs"
        if self.gdtyp == LATLON:
            return pyproj.CRS.from_proj4(f"+proj=longlat +R={EARTH_RADIUS_M:.0f} +no_defs")
        if self.gdtyp == LAMBERT:
            text = (
                f"+proj=lcc +lat_1={self.p_alp} +lat_2={self.p_bet} "
                f"+lat_0={self.ycent} +lon_0={self.p_gam}"
            )
        elif self.gdtyp in (MERCATOR, EQUATORIAL_MERCATOR):
            text = f"+proj=merc +lat_ts={self.p_alp} +lon_0={self.p_gam}"
        else:
            pole = 90 * np.sign(self.p_alp)  # the nearer one, degrees
            text = f"+proj=stere +lat_0={pole} +lat_ts={self.p_bet} "
            text += f"+lon_0={self.p_gam}"
        return pyproj.CRS.from_proj4(f"{text} {sphere}")

    @cached_property
    def _to_plane(self) -> pyproj.Transformer:
        # Longitude and latitude are taken as spherical coordinates, as WRF and MCIP do: no datum
        # shift between WGS84 and the sphere.
        geographic = pyproj.CRS.from_proj4(f"+proj=longlat +R={EARTH_RADIUS_M:.0f} +no_defs")
        return pyproj.Transformer.from_crs(geographic, self.crs, always_xy=True)

    def project(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Array, Array]:
        """Longitude, latitude (degrees) -> x, y (m)."""
        x, y = self._to_plane.transform(np.asarray(lon, float), np.asarray(lat, float))
        return np.asarray(x), np.asarray(y)

    def unproject(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, Array]:
        """x, y (m) -> longitude, latitude (degrees)."""
        lon, lat = self._to_plane.transform(
            np.asarray(x, float), np.asarray(y, float), direction="INVERSE"
        )
        return np.asarray(lon), np.asarray(lat)

    @cached_property
    def lonlat(self) -> tuple[Array, Array]:
        """Longitude and latitude of the cell centres, each (nrows, ncols)."""
        xx, yy = np.meshgrid(self.x, self.y)
        return self.unproject(xx, yy)

    def areal_scale(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Array:
        """Plane area over spherical area at points of the plane, 1 (k squared where conformal).

        For a lat-lon grid the plane area is in square degrees: degrees2 m-2. No points, no values.
        """
        lon, lat = self.unproject(x, y)
        if lon.size == 0:
            # pyproj refuses to factor nothing
            return np.zeros(lon.shape)
        if self.gdtyp == LATLON:
            # plane area is in square degrees
            square_degree = np.radians(1) ** 2 * EARTH_RADIUS_M**2
            return np.asarray(1 / (square_degree * np.cos(np.radians(lat))))
        factors = pyproj.Proj(self.crs).get_factors(lon, lat)
        return np.asarray(factors.areal_scale, dtype=np.float64)

    @cached_property
    def cell_area(self) -> Array:
        """True spherical cell area (nrows, ncols), m2; 4 x 4 Gauss-Legendre points a cell.

        Exact to better than 1e-9 relative for cells up to 200 km.
        """
        node, weight = np.polynomial.legendre.leggauss(4)
        area = np.zeros(self.shape)
        for i, wi in zip(node, weight, strict=True):
            for j, wj in zip(node, weight, strict=True):
                xx, yy = np.meshgrid(self.x + i * self.xcell / 2, self.y + j * self.ycell / 2)
                area += wi * wj / 4 / self.areal_scale(xx, yy)
        return area * self.xcell * self.ycell

    def locate(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Flat cell index (row-major, south first) of points; -1 outside the grid.

        Points on an edge belong to the cell to the east and north (floor).
        """
        x, y = self.project(lon, lat)
        # a point at infinity (not projectable) is outside
        ok = np.isfinite(x) & np.isfinite(y)
        col = np.floor((np.where(ok, x, self.xorig - 1) - self.xorig) / self.xcell).astype(int)
        row = np.floor((np.where(ok, y, self.yorig - 1) - self.yorig) / self.ycell).astype(int)
        inside = ok & (col >= 0) & (col < self.ncols) & (row >= 0) & (row < self.nrows)
        return np.where(inside, row * self.ncols + col, -1)

    def nest(self, *, name: str, ratio: int, col0: int, row0: int, cols: int, rows: int) -> Grid:
        """A nest over ``cols`` x ``rows`` parent cells from (``col0``, ``row0``), zero-based."""
        if ratio < 1 or col0 < 0 or row0 < 0:
            raise ValueError("ratio must be >= 1 and the window inside the parent grid")
        if col0 + cols > self.ncols or row0 + rows > self.nrows:
            raise ValueError("the nest leaves its parent grid")
        return replace(
            self,
            name=name,
            xorig=self.xorig + col0 * self.xcell,
            yorig=self.yorig + row0 * self.ycell,
            xcell=self.xcell / ratio,
            ycell=self.ycell / ratio,
            ncols=cols * ratio,
            nrows=rows * ratio,
        )

    def face_coordinates(self) -> dict[str, tuple[str, Array, dict[str, str]]]:
        """Coordinates (m) of a staggered file: ``x, y`` centres, ``x_face, y_face`` edges."""
        values = {"x": self.x, "y": self.y, "x_face": self.x_edges, "y_face": self.y_edges}
        return {name: (name, value, {"units": "m"}) for name, value in values.items()}

    def cf_attributes(self) -> dict[str, Any]:
        """Attributes of the CF grid-mapping variable ``crs``, with GRIDDESC names beside them."""
        attrs: dict[str, Any] = {
            key: value
            for key, value in self.crs.to_cf().items()
            if isinstance(value, (str, int, float, list, tuple))
            and key not in ("geographic_crs_name", "horizontal_datum_name", "crs_wkt")
        }
        attrs["earth_radius"] = EARTH_RADIUS_M
        attrs["crs_wkt"] = self.crs.to_wkt()
        for key in ("gdtyp", "p_alp", "p_bet", "p_gam", "xcent", "ycent"):
            attrs[f"griddesc_{key}"] = getattr(self, key)
        for key in ("xorig", "yorig", "xcell", "ycell", "ncols", "nrows"):
            attrs[f"griddesc_{key}"] = getattr(self, key)
        attrs["griddesc_gdnam"] = self.name
        attrs["griddesc_projection"] = self.projection
        return attrs


#: The default grid: Lambert 25/40N, 110E, 34N; 172 x 127 cells of 36 km.
CN36: Final = Grid(
    name="CN36",
    projection="LCC_CHN",
    gdtyp=LAMBERT,
    p_alp=25.0,
    p_bet=40.0,
    p_gam=110.0,
    xcent=110.0,
    ycent=34.0,
    xorig=-3_096_000.0,
    yorig=-2_286_000.0,
    xcell=36_000.0,
    ycell=36_000.0,
    ncols=172,
    nrows=127,
)


def grid_from_attributes(attrs: dict[str, Any]) -> Grid:
    """The grid of a file written by scenair, from its ``crs`` variable."""
    get = {k.removeprefix("griddesc_"): v for k, v in attrs.items() if k.startswith("griddesc_")}
    number = {
        k: float(get[k])
        for k in ("p_alp", "p_bet", "p_gam", "xcent", "ycent", "xorig", "yorig", "xcell", "ycell")
    }
    return Grid(
        name=str(get["gdnam"]),
        projection=str(get["projection"]),
        gdtyp=int(get["gdtyp"]),
        ncols=int(get["ncols"]),
        nrows=int(get["nrows"]),
        nthik=1,
        **number,
    )
