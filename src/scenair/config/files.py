"""Files that the configuration names: are they there? Asked before the first job."""

from __future__ import annotations

from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from scenair.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scenair.config.load import Config

Place = Literal["working directory", "resources", "either"]

#: Section and key -> where a path in it starts.
NAMED: Final[dict[tuple[str, str], Place]] = {
    ("inventory", "own_inventory"): "working directory",
    ("inventory", "regional_inventory"): "working directory",
    ("inventory", "gridded_inventory"): "working directory",
    ("inventory", "plant_survey"): "working directory",
    ("inventory", "city_statistics"): "working directory",
    ("projection", "yearbook"): "working directory",
    ("gridding", "proxies"): "resources",
    ("gridding", "months"): "resources",
    ("gridding", "temperature"): "resources",
    ("gridding", "heights"): "resources",
    ("gridding", "sector_heights"): "resources",
    ("surrogate", "parameters"): "resources",
    ("surrogate", "background"): "resources",
    ("surrogate", "biogenic"): "resources",
    ("surrogate", "anchor"): "working directory",
    ("surrogate", "meteorology"): "working directory",
    ("surrogate", "parent"): "working directory",
    ("attainment", "standards"): "either",
    ("attainment", "monitors"): "either",
    ("attainment", "species_fractions"): "either",
    ("attainment", "yearly_means"): "either",
}


def require_files(config: Config, *, resources: Path, folder: Path) -> None:
    """Stop where a file that the configuration names is not there.

    What lies below ``results/`` is left to the rules: one of them may make it.

    Parameters
    ----------
    config : Config
    resources : Path
        The folder ``resources`` of scenair.
    folder : Path
        The working directory.

    Raises
    ------
    ConfigError
        With every missing file, one line each: key, path, where it was looked for.
    """
    problems = list(_missing(config, resources=resources, folder=folder))
    if problems:
        raise ConfigError(
            "\n  ".join(["files that the configuration names are not there:", *problems]),
            remedy="correct the path, or leave the key out",
        )


def _missing(config: Config, *, resources: Path, folder: Path) -> Iterator[str]:
    for (section, key), place in NAMED.items():
        value = getattr(getattr(config, section), key, None)
        starts = {
            "working directory": [folder],
            "resources": [resources],
            "either": [folder, resources],
        }[place]
        for name in [value] if isinstance(value, str) else value or ():
            if not name or name.startswith("results/"):
                continue
            # a pattern may stand for many files
            if not any(glob(str(start / name), recursive=True) for start in starts):  # noqa: PTH207
                looked = " and ".join(str(start) for start in starts)
                yield f"{section}.{key}: {name} (looked in {looked})"
