"""The multifrontal factor against a dense solution and against SuperLU."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from scenair.surrogate.frontal import FrontalFactor, dissection
from scenair.surrogate.operator import with_loss
from scenair.surrogate.solver import Factor


@pytest.mark.parametrize(("ny", "nx"), [(1, 1), (1, 23), (7, 3), (19, 26), (5, 5)])
def test_dissection_eliminates_every_column_once(ny, nx):
    nodes = dissection(ny, nx)
    columns = np.concatenate([node.columns for node in nodes])
    np.testing.assert_array_equal(np.sort(columns), np.arange(ny * nx))
    # every step but the last is the child of one later step
    children = sorted(child for node in nodes for child in node.children)
    assert children == list(range(len(nodes) - 1))
    assert all(child < i for i, node in enumerate(nodes) for child in node.children)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 1, 14), (2, 13, 9), (8, 11, 12)])
def test_against_a_dense_solution(rng, shape):
    """A random operator with the neighbours of a grid, not symmetric."""
    nz, ny, nx = shape
    number = np.arange(ny * nx).reshape(ny, nx)
    pairs = [(number[:, :-1], number[:, 1:]), (number[:-1], number[1:])]
    dense = np.zeros((ny * nx * nz,) * 2)
    for one, other in pairs:
        for a, b in zip(one.ravel() * nz, other.ravel() * nz, strict=True):
            for k in range(nz):
                dense[a + k, b + k], dense[b + k, a + k] = -rng.random(2)
    for a in range(0, len(dense), nz):
        dense[a : a + nz, a : a + nz] -= rng.random((nz, nz))
    dense[np.diag_indices_from(dense)] = 1.1 * np.abs(dense).sum(axis=1) + 0.1
    rhs = rng.normal(size=(len(dense), 3))
    got = FrontalFactor(sp.csr_matrix(dense), shape=shape).solve(rhs)
    np.testing.assert_allclose(got, np.linalg.solve(dense, rhs), rtol=1e-10, atol=1e-12)


def test_against_superlu(winter, rng):
    """The operator of a quarter, forward and transposed."""
    transport = winter.transport
    loss = transport.flat(np.sum(list(winter.loss_terms("BC").values()), axis=0))
    matrix = with_loss(transport, loss)
    rhs = rng.random((matrix.shape[0], 5))
    for operator in (matrix, matrix.T.tocsr()):
        got = FrontalFactor(operator, shape=transport.shape).solve(rhs)
        expected = Factor(operator, shape=transport.shape).solve(rhs)
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12 * expected.max())
        assert np.abs(operator @ got - rhs).max() < 1e-9
