"""Domains of WPS and WRF that give the grids of CMAQ through MCIP, and their namelists.

Relations (confirmed with MCIP 5.5): ``NCOLS = e_we - 2 btrim - 2 NTHIK - 1`` with NTHIK 1; a domain
centred on (ref_lat, stand_lon) gets XORIG = -NCOLS dx / 2; a nest starts in its parent at
``i_parent_start = 1 + (XORIG_n - XORIG_wrf_parent - (btrim + 1) dx_n) / dx_p``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from scenair.core.errors import InputError
from scenair.core.grids import EQUATORIAL_MERCATOR, LAMBERT, MERCATOR, POLAR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from scenair.config.cmaq_kit import KitConfig
    from scenair.core.grids import Grid

NTHIK: Final = 1
#: GDTYP -> map_proj of WPS
PROJECTIONS: Final = {
    LAMBERT: "lambert",
    MERCATOR: "mercator",
    EQUATORIAL_MERCATOR: "mercator",
    POLAR: "polar",
}
_WHOLE: Final = 1e-6
#: Options that WRF takes once, not for each domain.
_ONCE: Final = (
    "num_", "ifsnow", "icloud", "surface_input", "gfdda_in", "io_form", "hybrid", "damp_opt",
    "spec_", "relax_", "w_damping",
)  # fmt: skip
_SECTIONS: Final = ("physics", "fdda", "dynamics", "bdy_control")


@dataclass(frozen=True)
class Domain:
    """One WRF domain.

    Attributes
    ----------
    e_we, e_sn : int
        Staggered points.
    parent_id, ratio, i_start, j_start : int
        As in WPS (1, 1, 1, 1 for the outermost).
    dx : float
        m.
    """

    e_we: int
    e_sn: int
    parent_id: int
    ratio: int
    i_start: int
    j_start: int
    dx: float


def domains(grids: Sequence[Grid], *, btrim: int) -> tuple[Domain, ...]:
    """WRF domains of nested CMAQ grids, outermost first.

    Parameters
    ----------
    grids : sequence of Grid
        Each a nest of the one before; one projection.
    btrim : int
        Rows and columns of WRF that MCIP cuts off on each side.

    Raises
    ------
    InputError
        A projection that WRF and MCIP don't share, cells that aren't square, a nest that does not
        fit WRF's rules (whole ratio, whole parent cells, (e_we - 1) divisible by the ratio, five
        parent cells from the parent's edge).
    """
    out: list[Domain] = []
    for i, grid in enumerate(grids):
        _usable(grid)
        e_we, e_sn = (n + 2 * btrim + 2 * NTHIK + 1 for n in (grid.ncols, grid.nrows))
        if i == 0:
            out.append(Domain(e_we, e_sn, 1, 1, 1, 1, grid.xcell))
            continue
        ratio = _whole(grids[i - 1].xcell / grid.xcell, "ratio of cell sizes", grid)
        i_start = _start(grid, grids[i - 1], btrim=btrim, axis="x")
        j_start = _start(grid, grids[i - 1], btrim=btrim, axis="y")
        child = Domain(e_we, e_sn, i, ratio, i_start, j_start, grid.xcell)
        _fits(child, out[-1], grid)
        out.append(child)
    return tuple(out)


def _usable(grid: Grid) -> None:
    if grid.gdtyp not in PROJECTIONS:
        raise InputError(
            "WRF and MCIP have no such projection", where=f"grid {grid.name}",
            value=f"GDTYP {grid.gdtyp}", allowed="2 Lambert, 3 Mercator, 6 polar",
        )  # fmt: skip
    if abs(grid.xcell - grid.ycell) > _WHOLE * grid.xcell:
        raise InputError(
            "WRF's cells are square", where=f"grid {grid.name}", value=f"{grid.xcell}, {grid.ycell}"
        )


def _whole(value: float, what: str, grid: Grid) -> int:
    if abs(value - round(value)) > 1e-4:
        raise InputError(
            f"{what} must be whole for WRF", where=f"grid {grid.name}", value=f"{value:.4f}",
            remedy="move the nest's corner, or choose another btrim",
        )  # fmt: skip
    return round(value)


def _start(grid: Grid, parent: Grid, *, btrim: int, axis: str) -> int:
    margin = btrim + NTHIK
    origin, outer = getattr(grid, f"{axis}orig"), getattr(parent, f"{axis}orig")
    wrf_parent = outer - margin * parent.xcell
    cells = (origin - wrf_parent - margin * grid.xcell) / parent.xcell
    return 1 + _whole(cells, f"{axis} start of the nest in cells of its parent", grid)


def _fits(child: Domain, parent: Domain, grid: Grid) -> None:
    for start, points, outer in (
        (child.i_start, child.e_we, parent.e_we),
        (child.j_start, child.e_sn, parent.e_sn),
    ):
        if (points - 1) % child.ratio:
            raise InputError(
                "WRF needs (e_we - 1) and (e_sn - 1) divisible by the nest's ratio",
                where=f"grid {grid.name}", value=f"{points} points, ratio {child.ratio}",
                remedy="add columns or rows to the nest, or choose another btrim",
            )  # fmt: skip
        last = start + (points - 1) // child.ratio
        if start < 6 or last > outer - 5:
            raise InputError(
                "a nest keeps at least five parent cells from the parent's edge",
                where=f"grid {grid.name}", value=f"parent points {start} to {last} of {outer}",
            )  # fmt: skip


def centre(grid: Grid) -> tuple[float, float]:
    """Longitude and latitude of the grid's centre (ref_lon, ref_lat of WPS), 1e-7 degree."""
    xmin, ymin, xmax, ymax = grid.bounds
    lon, lat = grid.unproject((xmin + xmax) / 2, (ymin + ymax) / 2)
    return round(float(lon), 7), round(float(lat), 7)


def projection(grid: Grid) -> dict[str, float | str]:
    """map_proj, truelat1, truelat2, stand_lon of WPS."""
    truelat1, truelat2 = {
        LAMBERT: (grid.p_alp, grid.p_bet),
        MERCATOR: (grid.p_alp, grid.p_alp),
        EQUATORIAL_MERCATOR: (grid.p_alp, grid.p_alp),
        POLAR: (grid.p_bet, grid.p_bet),
    }[grid.gdtyp]
    return {
        "map_proj": PROJECTIONS[grid.gdtyp],
        "truelat1": truelat1,
        "truelat2": truelat2,
        "stand_lon": grid.p_gam,
    }


def time_step(dx: float) -> int:
    """Seconds: the largest divisor of an hour that is at most 5 s a km."""
    limit = 5 * dx / 1000
    return max(n for n in range(1, 3601) if 3600 % n == 0 and n <= max(limit, 1))


def namelist_wps(
    grids: Sequence[Grid], *, kit: KitConfig, start: dt.datetime, end: dt.datetime
) -> str:
    """Text of ``namelist.wps``."""
    all_ = domains(grids, btrim=kit.btrim)
    lon, lat = centre(grids[0])
    shape = projection(grids[0])
    return _text(
        {
            "share": {
                "wrf_core": "'ARW'",
                "max_dom": str(len(all_)),
                "start_date": _each(f"'{start:%Y-%m-%d_%H:%M:%S}'", all_),
                "end_date": _each(f"'{end:%Y-%m-%d_%H:%M:%S}'", all_),
                "interval_seconds": str(kit.interval_seconds),
                "io_form_geogrid": "2",
            },
            "geogrid": {
                **_nesting(all_),
                "geog_data_res": _each("'default'", all_),
                "dx": f"{all_[0].dx:g}",
                "dy": f"{all_[0].dx:g}",
                "map_proj": f"'{shape['map_proj']}'",
                "ref_lat": f"{lat:.7f}",
                "ref_lon": f"{lon:.7f}",
                "truelat1": f"{shape['truelat1']}",
                "truelat2": f"{shape['truelat2']}",
                "stand_lon": f"{shape['stand_lon']}",
                "geog_data_path": "'WPS_GEOG'",
            },
            "ungrib": {"out_format": "'WPS'", "prefix": "'FILE'"},
            "metgrid": {"fg_name": "'FILE'", "io_form_metgrid": "2"},
        }
    )


def namelist_input(
    grids: Sequence[Grid],
    *,
    kit: KitConfig,
    start: dt.datetime,
    end: dt.datetime,
    options: pd.DataFrame,
) -> str:
    """Text of ``namelist.input``.

    Parameters
    ----------
    options : DataFrame
        section, key, land_surface (``*`` for both), value: the physics, ``cmaq/kit_wrf.csv``.
    """
    all_ = domains(grids, btrim=kit.btrim)
    return _text(
        {
            "time_control": _time_control(all_, kit=kit, start=start, end=end),
            "domains": {
                "time_step": str(time_step(all_[0].dx)),
                "max_dom": str(len(all_)),
                **_nesting(all_),
                "grid_id": _list(i + 1 for i in range(len(all_))),
                "e_vert": _each(str(kit.e_vert), all_),
                "p_top_requested": str(kit.p_top),
                "num_metgrid_levels": str(kit.num_metgrid_levels),
                "num_metgrid_soil_levels": "4",
                "dx": _list(f"{d.dx:g}" for d in all_),
                "dy": _list(f"{d.dx:g}" for d in all_),
                "parent_time_step_ratio": _list(d.ratio for d in all_),
                "feedback": "0",
            },
            **_options(options, kit=kit, all_=all_),
        }
    )


def _time_control(
    all_: Sequence[Domain], *, kit: KitConfig, start: dt.datetime, end: dt.datetime
) -> dict[str, str]:
    moment = {"year": "Y", "month": "m", "day": "d", "hour": "H"}
    dates = {
        f"{name}_{part}": _each(when.strftime(f"%{code}"), all_)
        for name, when in (("start", start), ("end", end))
        for part, code in moment.items()
    }
    return {
        **dates,
        "interval_seconds": str(kit.interval_seconds),
        "input_from_file": _each(".true.", all_),
        "history_interval": _each("60", all_),
        "frames_per_outfile": _each("24", all_),
        "restart": ".false.",
        "restart_interval": "1440",
        "io_form_history": "2",
        "io_form_restart": "2",
        "io_form_input": "2",
        "io_form_boundary": "2",
    }


def _options(
    table: pd.DataFrame, *, kit: KitConfig, all_: Sequence[Domain]
) -> dict[str, dict[str, str]]:
    chosen = table[table["land_surface"].isin(["*", kit.land_surface])]
    radt = _each(str(max(1, min(30, round(all_[0].dx / 1000)))), all_)
    out: dict[str, dict[str, str]] = {}
    for section in _SECTIONS:
        rows = chosen[chosen["section"] == section]
        values = {
            str(k): str(v) if str(k).startswith(_ONCE) else _each(str(v), all_)
            for k, v in zip(rows["key"], rows["value"], strict=True)
        }
        out[section] = ({"radt": radt} if section == "physics" else {}) | values
    # convection is resolved below 5 km
    convection = out["physics"]["cu_physics"].split(",")[0]
    out["physics"]["cu_physics"] = _list(convection if d.dx >= 5000 else 0 for d in all_)
    out["fdda"]["gfdda_interval_m"] = _each(str(kit.interval_seconds // 60), all_)
    # nudging and boundary belong to the outermost domain
    inner = len(all_) - 1
    out["fdda"]["grid_fdda"] = _list([out["fdda"]["grid_fdda"].split(",")[0], *["0"] * inner])
    out["bdy_control"]["specified"] = _list([".true.", *[".false."] * inner])
    out["bdy_control"]["nested"] = _list([".false.", *[".true."] * inner])
    out["namelist_quilt"] = {"nio_tasks_per_group": "0", "nio_groups": "1"}
    return out


def _nesting(all_: Sequence[Domain]) -> dict[str, str]:
    return {
        "parent_id": _list(d.parent_id for d in all_),
        "parent_grid_ratio": _list(d.ratio for d in all_),
        "i_parent_start": _list(d.i_start for d in all_),
        "j_parent_start": _list(d.j_start for d in all_),
        "e_we": _list(d.e_we for d in all_),
        "e_sn": _list(d.e_sn for d in all_),
    }


def _each(value: str, all_: Sequence[Domain]) -> str:
    return _list([value] * len(all_))


def _list(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))


def _text(sections: Mapping[str, Mapping[str, str]]) -> str:
    lines = []
    for section, entries in sections.items():
        lines.append(f"&{section}")
        lines += [f" {key:<24} = {value}," for key, value in entries.items()]
        lines += ["/", ""]
    return "\n".join(lines)
