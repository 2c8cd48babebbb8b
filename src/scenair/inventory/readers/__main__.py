"""Is my file understood? ``python -m scenair.inventory.readers FILE...`` says what it holds.

Exit status 0 where every file is understood, 1 where one is refused (with the message), 2 without
files.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from scenair.core.errors import ScenairError
from scenair.inventory.readers.files import read_gridded

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr


def describe(ds: xr.Dataset) -> str:
    """What a gridded inventory holds, in a few lines."""
    west, east = float(ds["lon_bnds"].min()), float(ds["lon_bnds"].max())
    south, north = float(ds["lat_bnds"].min()), float(ds["lat_bnds"].max())
    months = [int(m) for m in ds["month"].values]
    total = ds["emission"].sum(("month", "lat", "lon"))
    unit = str(ds["emission"].attrs["units"]).split()[0]
    lines = [
        f"{ds.attrs['product']}, {ds.attrs['species']}, {ds.attrs['year']}, "
        + ("the whole year" if months == [0] else f"months {months[0]}-{months[-1]}"),
        f"{ds.sizes['lon']} x {ds.sizes['lat']} cells, {west:g} to {east:g} E, "
        f"{south:g} to {north:g} N",
        *(f"{s}: {float(total.sel(sector=s)):.6g} {unit}" for s in ds["sector"].values.tolist()),
        f"missing cells {ds.attrs['audit_missing_cells']:g}, negative "
        f"{ds.attrs['audit_negative_cells']:g} ({ds.attrs['audit_negative_mass']:g} {unit})",
    ]
    if ds.attrs.get("audit_left_out"):
        lines.append(f"left out (outside the boundary): {ds.attrs['audit_left_out']:.6g} {unit}")
    return "\n".join(f"  {line}" for line in lines)


def main(files: Sequence[str]) -> int:
    """Describe files; the exit status."""
    if not files:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    status = 0
    for file in files:
        try:
            text = describe(read_gridded(file))
        except ScenairError as error:
            sys.stderr.write(f"[scenair] {error}\n")
            status = 1
        else:
            sys.stdout.write(f"{file}\n{text}\n")
    return status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
