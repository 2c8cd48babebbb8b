"""The validator as tests call it, and single defects."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from scenair.cmaq.check import Context, check_files
from scenair.cmaq.check_findings import Finding
from scenair.cmaq.check_names import read_mechanism
from scenair.cmaq.io_tools import IoapiReader
from tests.cmaq import ioapi_files as make

MECHANISM = read_mechanism()


def run(*paths: Path, **options) -> list[Finding]:
    with IoapiReader(paths) as files:
        return check_files(files, context=Context(mechanism=MECHANISM, grid=make.GRID, **options))


def errors(found: list[Finding]) -> set[str]:
    return {f.code for f in found if f.severity == "error"}


def check_draft(draft: make.Draft, tmp_path: Path, **options) -> list[Finding]:
    return run(make.write(draft, tmp_path / "emis.nc"), **options)


def set_(**attrs):
    return lambda d: d.attrs.update({k.replace("_LIST", "-LIST"): v for k, v in attrs.items()})


def shift(name, metres):
    return lambda d: d.attrs.update({name: np.float64(d.attrs[name] + metres)})


def dtype(name, dtype):
    return lambda d: d.data.update({name: d.data[name].astype(dtype)})


def value_(name, value, record=5):
    def change(d):
        d.data[name][record, 0, 3, 4] = value

    return change


def unit_(name, unit):
    return lambda d: d.units.update({name: unit})


def rename_(old, new):
    return lambda d: d.rename(old, new)


def flag(record, date=None, time=None):
    def change(d):
        if date is not None:
            d.tflag[record, :, 0] = date
        if time is not None:
            d.tflag[record, :, 1] = time

    return change


def records(n):
    def change(d):
        d.data = {k: v[:n] for k, v in d.data.items()}
        d.tflag = d.tflag[:n]

    return change


def one_flag(d):
    d.tflag[3, 2, 1] += 10000


def seconds(d):
    d.tflag[:, :, 1] = np.arange(25)[:, None] * 3600 % 86400


def short_slots(d):
    d.attrs["VAR-LIST"] = "".join(n.ljust(8) for n in d.data)


def unlisted(d):
    d.attrs["VAR-LIST"] = d.attrs["VAR-LIST"][:-16]
    d.attrs["NVARS"] = np.int32(len(d.data) - 1)


def no_tflag(d):
    d.drop_tflag = True


def time_dim(d):
    d.dims["TSTEP"] = "time"


def nan_record(d):
    d.data["CO"][-1] = np.nan


def transposed(d):
    d.dims.update(ROW="COL", COL="ROW")


def no_unit(d):
    d.units["NO"] = ""
