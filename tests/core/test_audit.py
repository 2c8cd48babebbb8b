"""Closure, code hash, job wrapper."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from scenair.core.audit import code
from scenair.core.audit.closure import closure_table, require_closed
from scenair.core.audit.session import job
from scenair.core.errors import InputError, MassBalanceError


def masses(values: list[list[float]]) -> xr.DataArray:
    return xr.DataArray(
        np.array(values),
        dims=("species", "sector"),
        coords={"species": ["SO2", "CO2"], "sector": ["power", "cement"]},
    )


def test_closed() -> None:
    into = masses([[1.0, 2.0], [3.0, 0.0]])
    frame = closure_table(
        stage="s",
        mass_in=into,
        mass_out=(into * 0.75).transpose("sector", "species"),
        outside=into * 0.25,
    )
    assert frame["relative_error"].abs().max() == 0
    assert require_closed(frame, where="f") is frame


@pytest.mark.parametrize("bad", [2.0001, np.nan])
def test_open_names_species_sector_and_amount(bad: float) -> None:
    into = masses([[1.0, 2.0], [3.0, 0.0]])
    frame = closure_table(stage="s", mass_in=into, mass_out=masses([[1.0, bad], [3.0, 0.0]]))
    with pytest.raises(MassBalanceError, match=r"stage s: SO2, cement.*file f|SO2, cement"):
        require_closed(frame, where="file f")


def test_mass_from_nothing_is_an_error() -> None:
    frame = closure_table(
        stage="s", mass_in=masses([[1, 2], [3, 0]]), mass_out=masses([[1, 2], [3, 1e-9]])
    )
    with pytest.raises(MassBalanceError, match="CO2, cement"):
        require_closed(frame, where="f")


def test_dependencies_follow_imports() -> None:
    found = code.dependencies("scenair.core.regions")
    assert "scenair.core.boundaries" in found
    assert "scenair.core.io.tables" in found
    assert "scenair.core.io.atomic" in found
    assert "scenair.core.grids" not in found
    assert not any(name.startswith("scenair.config") for name in found)


def test_code_id_changes_with_what_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "scenair"
    (package / "a").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "a" / "__init__.py").write_text("")
    (package / "a" / "io.py").write_text("from .deep import f\n")
    (package / "a" / "deep.py").write_text("def f():\n    import scenair.b\n")
    (package / "b.py").write_text("x = 1\n")
    (package / "c.py").write_text("x = 1\n")
    monkeypatch.setattr(code, "_ROOT", package)

    def fresh() -> str:
        for cached in (code._source, code._imports, code.dependencies, code.code_id):
            cached.cache_clear()
        return code.code_id("scenair.a.io")

    before = fresh()
    (package / "c.py").write_text("x = 2\n")
    assert fresh() == before
    (package / "b.py").write_text("x = 2\n")
    assert fresh() != before
    with pytest.raises(ValueError, match="not a module"):
        code.code_id("scenair.none")
    monkeypatch.undo()
    for cached in (code._source, code._imports, code.dependencies, code.code_id):
        cached.cache_clear()


def test_job_shortens_only_our_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "logs" / "a.log"
    with pytest.raises(SystemExit), job(log, name="stage"):
        raise InputError("a wrong thing", where="file.csv, line 3")
    err = capsys.readouterr().err
    assert "stage stopped: a wrong thing; where: file.csv, line 3." in err
    assert "Traceback" not in err + log.read_text()
    with pytest.raises(SystemExit), job(log, name="stage"):
        raise ZeroDivisionError
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert str(log) in err
    assert "ZeroDivisionError" in log.read_text()
