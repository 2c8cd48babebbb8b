"""Members of a sweep solved together: as alone, in any order, extreme ones too, or a message."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenair.core.io.netcdf import open_netcdf
from scenair.surrogate import members as members_module
from scenair.surrogate import nonlinear, sweep
from scenair.surrogate.inverse import Factored
from scenair.surrogate.members import reference_loss
from scenair.surrogate.model import run_quarter
from scenair.surrogate.nonlinear import solve_members
from scenair.surrogate.operator import with_loss
from scenair.surrogate.photochemistry import balance, rates
from scenair.surrogate.quarter import prepare_quarter
from scenair.surrogate.solver import NotConvergedError
from scenair.surrogate.sweep import SharedQuarter
from scenair.surrogate.year import Emitted, read_emitted, with_ozone

SUMMER = 2
EXTREME = {
    "as it is": {},
    "no NOx": {"NOx": 0.0},
    "no NH3": {"TNH4": 0.0},
    "no sulfur": {"SO2": 0.0, "SO4": 0.0},
    "ten times NOx": {"NOx": 10.0},
    "ten times NH3": {"TNH4": 10.0},
    "ten times everything": dict.fromkeys(
        ("BC", "POA", "OTHER", "SO2", "SO4", "NOx", "TNH4", "PRECURSOR"), 10.0
    ),
    "nothing": dict.fromkeys(("BC", "POA", "OTHER", "SO2", "SO4", "NOx", "TNH4", "PRECURSOR"), 0.0),
}


@pytest.fixture(scope="module")
def summer(small, par):
    return prepare_quarter(small.met, SUMMER, geo=small.geo, par=par)


@pytest.fixture(scope="module")
def base(small, par) -> Emitted:
    return read_emitted(open_netcdf(small.folder / "gridded.nc"), SUMMER, year=2015, par=par)


@pytest.fixture(scope="module")
def biogenic(small):
    return np.full((4, *small.grid.shape), 2.0)


def scaled(base: Emitted, factor: dict[str, float], voc: float = 1.0) -> Emitted:
    """Emissions with tracers scaled."""
    return Emitted({k: factor.get(k, 1.0) * v for k, v in base.tracers.items()}, voc * base.voc)


@pytest.fixture(scope="module")
def emitted(base):
    return {(2015 + i, name): scaled(base, f) for i, (name, f) in enumerate(EXTREME.items())}


@pytest.fixture(scope="module")
def swept(summer, emitted, biogenic, par):
    assert len(emitted) >= sweep.FACTOR_FROM
    return SharedQuarter(summer).solve(emitted, SUMMER, biogenic=biogenic, par=par)


def fields(solution):
    return {**solution.parts, **solution.beside, "ozone": solution.ozone.ozone}


@pytest.mark.parametrize("number", range(len(EXTREME)))
def test_as_alone(summer, emitted, swept, biogenic, par, number):
    """Extreme members too; the budget closes."""
    member = list(emitted)[number]
    result = run_quarter(summer, emitted[member].tracers)
    alone = with_ozone(summer, SUMMER, result, emitted[member], biogenic=biogenic, par=par)
    for name, field in fields(alone).items():
        np.testing.assert_allclose(
            fields(swept[member])[name], field, rtol=0, atol=3e-7 * field.max() + 1e-12,
            err_msg=name,
        )  # fmt: skip
    for budget in (alone.budget, swept[member].budget):
        into, out = budget[:, :3].sum(axis=1), budget[:, 3:].sum(axis=1)
        np.testing.assert_allclose(out, into, rtol=1e-7, atol=1e-9 * into.max())


def test_order_and_threads_do_not_matter(summer, emitted, swept, biogenic, par, monkeypatch):
    """The same bits from the reverse order and three threads."""
    turned = dict(reversed(emitted.items()))
    again = SharedQuarter(summer, threads=3).solve(turned, SUMMER, biogenic=biogenic, par=par)
    assert list(again) == list(turned)
    for member, solution in swept.items():
        for name, field in fields(solution).items():
            np.testing.assert_array_equal(fields(again[member])[name], field)


def test_companions_do_not_matter(summer, emitted, swept, biogenic, par, monkeypatch):
    """Other groups: the same within the tolerance."""
    monkeypatch.setattr(sweep, "TOGETHER", 3)
    again = SharedQuarter(summer, threads=2).solve(emitted, SUMMER, biogenic=biogenic, par=par)
    for member, solution in swept.items():
        for name, field in fields(solution).items():
            atol = 1e-7 * field.max() + 1e-12
            np.testing.assert_allclose(fields(again[member])[name], field, rtol=0, atol=atol)


@settings(deadline=None, max_examples=5, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.floats(0, 3), min_size=4, max_size=4))
def test_any_member_as_alone(winter, base, par, factor):
    """NOx, NH3, sulfur and particles scaled at will, beside its double."""
    names = (("NOx",), ("TNH4",), ("SO2", "SO4"), ("BC", "POA", "OTHER", "PRECURSOR"))
    scale = {k: f for group, f in zip(names, factor, strict=True) for k in group}
    one = scaled(base, scale)
    two = {(2030, "once"): one, (2030, "twice"): scaled(one, dict.fromkeys(scale, 2.0))}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep, "FACTOR_FROM", 1)
        got = SharedQuarter(winter).solve(two, 0, biogenic=None, par=par)[2030, "once"]
    alone = run_quarter(winter, one.tracers)
    for name, field in (("NO3", alone.nitrate[0]), ("NH4", alone.ammonium[0])):
        np.testing.assert_allclose(got.parts[name], field, rtol=0, atol=3e-7 * field.max() + 1e-12)


def test_not_converged_is_said(winter, base, par, monkeypatch):
    """Too few steps: a message with the equation, no result."""
    monkeypatch.setattr(
        members_module, "solve_members",
        lambda *args, **options: nonlinear.solve_members(*args, **options, most=3),
    )  # fmt: skip
    with pytest.raises(NotConvergedError, match=r"NOx: 1 of 1 scenario-years .* 3 steps"):
        run_quarter(winter, base.tracers)
    six = {(year, "same"): base for year in range(6)}
    with pytest.raises(NotConvergedError, match="NOx: 6 of 6"):
        SharedQuarter(winter).solve(six, 0, biogenic=None, par=par)


def test_no_number_is_not_a_solution():
    """A correction that is no number never counts as small."""
    with pytest.raises(NotConvergedError, match="box"):
        solve_members(lambda x, _: x * np.nan, np.ones((4, 2)), what="box", most=3)


def test_linear_equations(rng):
    """Columns of their own difficulty end when they are done; zero is done at once."""
    matrix = np.eye(30) + 0.3 * rng.normal(size=(30, 30)) / np.sqrt(30)
    rhs = rng.normal(size=(30, 3))
    rhs[:, 1] = 0.0
    got, steps = solve_members(
        lambda x, m: rhs[:, m] - matrix @ x, np.zeros((30, 3)), what="box", tolerance=1e-12
    )
    np.testing.assert_allclose(got, np.linalg.solve(matrix, rhs), atol=1e-10)
    assert steps[1] == 1 < steps[0]


def test_a_factor_in_single_precision_solves_to_double(winter, rng):
    transport = winter.transport
    loss = reference_loss(winter, "particle")
    rhs = rng.random((len(loss), 3))
    got = Factored(transport, loss).solve(rhs)
    assert np.abs(with_loss(transport, loss) @ got - rhs).max() < 1e-7
    np.testing.assert_array_equal(Factored(transport, loss).solve(0 * rhs), 0.0)


def test_solution_does_not_depend_on_the_reference(winter, base, monkeypatch):
    """Other losses of the inverse: another way, the same end."""
    first = run_quarter(winter, base.tracers)
    loss = reference_loss
    linear = {"particle", "PRECURSOR"}
    monkeypatch.setattr(
        "scenair.surrogate.model.reference_loss",
        lambda quarter, name: (1.0 if name in linear else 1.3) * loss(quarter, name),
    )
    other = run_quarter(winter, base.tracers)
    np.testing.assert_allclose(other.nitrate, first.nitrate, atol=3e-7 * first.nitrate.max())


@given(
    st.floats(0, 200), st.floats(1, 200), st.floats(0.05, 4), st.floats(0.5, 60),
    st.floats(0.001, 1),
)  # fmt: skip
def test_radicals_balance_from_any_start(par, nox, oxidant, radicals, reactivity, start):
    """One balance, wherever the iteration begins; radicals lost are radicals made."""
    k = rates(par)
    box = {"radicals": np.array([radicals]), "reactivity": np.array([reactivity]), "k": k}
    got = balance(np.array([nox]), np.array([oxidant]), **box)
    other = balance(np.array([nox]), np.array([oxidant]), **box, start=np.array([start]))
    np.testing.assert_allclose(other.peroxy, got.peroxy, rtol=1e-6)
    x = got.peroxy
    lost = 2 * (k.peroxy_self + k.peroxy_cross) * x**2 * 3600 + got.nox_loss_share * radicals
    np.testing.assert_allclose(lost, radicals, rtol=1e-6)
