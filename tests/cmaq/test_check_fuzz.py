"""The validator never ends in a traceback, whatever a header holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenair.cmaq import check_stacks
from scenair.cmaq.check import KINDS, Context, check_file, check_files
from scenair.cmaq.ioapi import IoapiFile, Variable
from tests.cmaq import defect
from tests.cmaq import ioapi_files as make


def in_memory(draft: make.Draft) -> IoapiFile:
    """A draft as the reader would describe it."""
    dims = ("TSTEP", "LAY", "ROW", "COL")
    variables = {"TFLAG": Variable("TFLAG", ("TSTEP", "VAR", "DATE-TIME"), draft.tflag.shape,
                                   draft.tflag.dtype, {})}  # fmt: skip
    for name, values in draft.data.items():
        attrs = {"units": draft.units[name].ljust(16), "long_name": name, "var_desc": name}
        variables[name] = Variable(name, dims, values.shape, values.dtype, attrs)
    data = {"TFLAG": draft.tflag, **draft.data}
    shape = next(iter(draft.data.values())).shape
    return IoapiFile(
        name="memory.nc",
        data_model="NETCDF3_64BIT_OFFSET",
        dims={"DATE-TIME": 2, "VAR": draft.tflag.shape[1], **dict(zip(dims, shape, strict=True))},
        attrs=dict(draft.attrs),
        variables=variables,
        read=lambda name, record: data[name] if record is None else data[name][record],
    )


FILES = {
    "emissions": in_memory(make.emissions(names=("NO", "PEC"), records=3)),
    "point_emissions": in_memory(make.points(2)),
    "stack_groups": in_memory(make.stacks(2)),
    "masks": in_memory(make.masks()),
}
ODD = st.one_of(
    st.none(), st.text(max_size=40), st.integers(-(2**31), 2**31 - 1), st.floats(),
    st.lists(st.floats(width=32), max_size=4).map(np.array), st.binary(max_size=8), st.booleans(),
)  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_odd_headers_give_findings_not_tracebacks(data):
    kind = data.draw(st.sampled_from(KINDS))
    file = FILES[kind]
    attrs = dict(file.attrs)
    for name in data.draw(st.lists(st.sampled_from(sorted(attrs)), max_size=4, unique=True)):
        value = data.draw(ODD)
        if value is None:
            del attrs[name]
        else:
            attrs[name] = value
    variables = dict(file.variables)
    for name in data.draw(st.lists(st.sampled_from(sorted(variables)), max_size=2, unique=True)):
        action = data.draw(st.sampled_from(["drop", "rename", "attrs", "dtype"]))
        var = variables.pop(name)
        if action == "rename":
            odd = data.draw(st.text(min_size=1, max_size=20))
            variables[odd] = replace(var, name=odd)
        elif action == "attrs":
            variables[name] = replace(var, attrs={"units": data.draw(ODD)})
        elif action == "dtype":
            odd = data.draw(st.sampled_from(["f8", "i2", "S1", "U4", "?"]))
            variables[name] = replace(var, dtype=np.dtype(odd))
    values = {**{k: file.read(k, None) for k in file.variables}}
    first = next(iter(values.values()))

    def read(name, record):
        array = values.get(name, first)
        return array if record is None else array[record]

    changed = replace(file, attrs=attrs, variables=variables, read=read)
    context = Context(mechanism=defect.MECHANISM, grid=make.GRID)
    found = check_file(changed, kind=kind, context=context)
    assert all(str(f).isprintable() and f.remedy for f in found)
    check_files([changed, FILES["emissions"]], context=context)


def test_right_files_in_memory_have_no_errors():
    context = Context(mechanism=defect.MECHANISM, grid=make.GRID)
    for kind in ("stack_groups", "masks"):
        found = check_file(FILES[kind], kind=kind, context=context)
        assert not [str(f) for f in found if f.severity == "error"]
    pairs = check_stacks.check_pairs([FILES["stack_groups"]], [FILES["point_emissions"]])
    assert not pairs


def test_latitudes_of_a_file_tell_the_order_of_rows():
    file = FILES["masks"]
    lat = make.GRID.lonlat[1].astype(np.float32)[None, None]

    def with_latitude(values):
        var = Variable("LAT", ("TSTEP", "LAY", "ROW", "COL"), values.shape, values.dtype, {})
        return replace(
            file, variables={**file.variables, "LAT": var},
            read=lambda n, r: values if n == "LAT" else file.read(n, r),
        )  # fmt: skip

    context = Context(mechanism=defect.MECHANISM)
    codes = [
        {f.code for f in check_file(with_latitude(v), kind="emissions", context=context)}
        for v in (lat, lat[:, :, ::-1])
    ]
    assert "latitude" not in codes[0]
    assert "latitude" in codes[1]
