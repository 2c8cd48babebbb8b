"""Malformed CMAQ files through `scenair cmaq check`: caught or not, and the message.

    python benchmarks/malformed.py          # the table
    python benchmarks/malformed.py --csv    # for a spreadsheet

The cases are those that were tried on the real model (1 h runs of CMAQ 5.5) and are what the tests
run: a right file with one defect each. `stops` means that CMAQ ends with an error, `silent` that it
ends with status 0 and another science, `accepted` that it takes the file as it was meant.
"""

from __future__ import annotations

import single_thread  # noqa: F401  # isort: skip

import csv
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.cmaq import defect, test_check, test_check_kinds
from tests.cmaq import ioapi_files as make

from scenair.cmaq.check_findings import Finding
from scenair.core.errors import InputError
from scenair.core.grids import CN36

Case = tuple[str, str, Callable[[Path], list[Finding]], str]


def changed(draft: make.Draft, change: Callable[[make.Draft], object]) -> make.Draft:
    change(draft)
    return draft


def alone(make_draft, change, name: str = "emis.nc", **options):
    """Check one file with one change."""

    def run(folder: Path) -> list[Finding]:
        path = make.write(changed(make_draft(), change), folder / name)
        kinds = {str(path): "masks"} if name == "masks.nc" else {}
        return defect.run(path, kinds=kinds, **options)

    return run


def tabled() -> Iterator[Case]:
    """The cases of the tests' tables: effect in the model, defect, check, code that must appear."""
    for name, severity in test_check.MISSING.items():
        effect = "stops" if severity == "error" else "accepted"

        def without(d, name=name):
            del d.attrs[name]

        yield effect, f"no {name}", alone(make.emissions, without), "attribute-missing"
    for effect, table in (("stops", test_check.ABORTS), ("silent", test_check.SILENT)):
        for name, (change, code) in table.items():
            yield effect, name, alone(make.emissions, change), code
    for name, (change, code, _) in test_check.WARNINGS.items():

        def modern(d, change=change):
            d.model = "NETCDF4"
            change(d)

        yield "accepted", name, alone(make.emissions, modern), code
    for name, (change, code) in test_check_kinds.STACKS.items():
        label = f"stack groups: {name}"
        effect = "stops" if name.startswith("no ") else "silent"
        yield effect, label, alone(make.stacks, change, "stack_groups.nc"), code
    for name, (change, code) in test_check_kinds.MASKS.items():
        effect = "stops" if name in ("above 1", "below 0", "17 characters") else "silent"
        yield effect, f"masks: {name}", alone(make.masks, change, "masks.nc"), code


def several() -> Iterator[Case]:
    """Cases of more than one file, or that need a reference beside the file."""

    def rows(folder: Path) -> list[Finding]:
        groups = make.write(make.stacks(4), folder / "stack_groups_power.nc")
        return defect.run(groups, make.write(make.points(3), folder / "inln_power.nc"))

    def seam(folder: Path) -> list[Finding]:
        today = make.write(make.emissions(), folder / "emis_20300704.nc")
        later = make.emissions(start=make.DAY.replace(day=5))
        later.data["NO"] = later.data["NO"] * np.float32(1.2)
        return defect.run(today, make.write(later, folder / "emis_20300705.nc"))

    def no_ammonia(d: make.Draft) -> None:
        del d.data["NH3"]
        d.relist()

    def flipped(folder: Path) -> list[Finding]:
        orientation, weight = test_check_kinds._toy_orientation()
        draft = make.emissions()
        draft.data = {
            k: np.flip(v.mean(axis=(2, 3), keepdims=True) * weight, 2).astype(np.float32)
            for k, v in draft.data.items()
        }
        return defect.run(make.write(draft, folder / "emis.nc"), orientation=orientation)

    def cut(folder: Path) -> list[Finding]:
        path = make.write(make.emissions(), folder / "emis.nc")
        path.write_bytes(path.read_bytes()[:-20_000])
        return defect.run(path)

    def small() -> make.Draft:
        grid = CN36.nest(name="TEST36", ratio=1, col0=90, row0=60, cols=9, rows=8)
        return make.emissions(grid=grid)

    def nothing(d: make.Draft) -> None:
        del d

    def local(d: make.Draft) -> None:
        d.data = {k: np.roll(v, 8, axis=0) for k, v in d.data.items()}

    def levels() -> make.Draft:
        return make.emissions(layers=3)

    yield "stops", "stack groups and points of other row counts", rows, "stack-rows"
    yield "silent", "record 25 is not record 1 of the next day", seam, "seam"
    yield (
        "silent", "NH3 in no stream (CTM_EMISCHK=N)",
        alone(make.emissions, no_ammonia, complete=True), "missing-variable",
    )  # fmt: skip
    yield "silent", "rows flipped, geography known", flipped, "orientation"
    yield "stops", "file cut off", cut, "truncated"
    yield "stops", "a column fewer than the model", alone(small, nothing), "grid-cover"
    no = "nothing in the file shows it"
    yield "silent", "local time labelled as UTC", alone(make.emissions, local), no
    yield (
        "silent", "3-D file with other VGLVLS",
        alone(levels, defect.set_(VGLVLS=np.float32([1, 0.5, 0.4, 0.1]))), no,
    )  # fmt: skip


def verdict(check: Callable[[Path], list[Finding]], code: str) -> tuple[str, str]:
    """Severity of the finding (or `not caught`) and its message."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = [f for f in check(Path(folder)) if f.code == code]
        except InputError as error:
            return "refused", str(error).splitlines()[0].replace(folder, "").strip()
    if not found:
        return "not caught", code if " " in code else f"no finding {code}"
    first = found[0]
    return first.severity, f"{first.code}: {first.where}: {first.found}; {first.remedy}"


def main(*options: str) -> None:
    rows = [
        (effect, label, *verdict(check, code))
        for effect, label, check, code in (*tabled(), *several())
    ]
    if "--csv" in options:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerows([("model", "defect", "scenair", "message"), *rows])
    else:
        for effect, label, caught, message in rows:
            print(f"{effect:8}  {label:44}  {caught:10}  {message}")
    for effect in ("stops", "silent", "accepted"):
        member = [caught for e, _, caught, _ in rows if e == effect]
        seen = sum(caught in ("error", "refused") for caught in member)
        said = sum(caught in ("warning", "note") for caught in member)
        print(
            f"the model {effect}: {len(member)} cases, {seen} errors, {said} warnings or notes, "
            f"{len(member) - seen - said} not caught",
            file=sys.stderr,
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
