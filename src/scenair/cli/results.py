"""Results and configuration as the command line names them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Result:
    """``results/{year}/{scenario}``."""

    folder: Path
    year: int
    scenario: str

    def file(self, name: str) -> Path:
        """A file or folder of the result, which must be there.

        Raises
        ------
        InputError
            It is not.
        """
        path = self.folder / name
        if not path.exists():
            raise InputError(
                "the result lacks a file", where=str(path),
                remedy=f"make it first: snakemake --cores 2 {path}",
            )  # fmt: skip
        return path

    @property
    def trajectories(self) -> Path:
        """``results/trajectories/{scenario}.nc`` beside the result."""
        path = self.folder.parents[1] / "trajectories" / f"{self.scenario}.nc"
        if not path.exists():
            raise InputError("file not found", where=str(path), remedy="make the result first")
        return path


def parse(path: str) -> Result:
    """Year and scenario from a result's path; the folder need not exist.

    Raises
    ------
    InputError
        Not of the form ``.../{year}/{scenario}``.
    """
    folder = Path(path)
    year, scenario = folder.parent.name, folder.name
    if len(year) != 4 or not year.isdigit():
        raise InputError(
            "no result", where=path, allowed="results/{year}/{scenario}, e.g. results/2030/peak"
        )
    return Result(folder, int(year), scenario)


def locate(path: str) -> Result:
    """A result that is there.

    Raises
    ------
    InputError
        No such folder.
    """
    result = parse(path)
    if not result.folder.is_dir():
        raise InputError("no such result", where=path, remedy=f"snakemake --cores 2 {path}")
    return result


def configuration(case: str | None = None, over: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Sections ``case`` and ``cmaq`` of the configuration, as the rules get them.

    Parameters
    ----------
    case : str, optional
        Name or YAML file of a case; else what ``config/config.yaml`` says.
    over : mapping, optional
        Keys that override it.
    """
    from scenair.config.load import dump, load_config, merge, read_yaml
    from scenair.core.io.paths import resources

    folder = resources().parent / "config"
    raw = merge(read_yaml(folder / "config.yaml"), over or {})
    if case is not None:
        raw["case"] = case
    whole = load_config(raw, folder=folder)
    return {"case": dump(whole.case), "cmaq": dump(whole.cmaq)}
