"""Read and merge the YAML files into validated models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, ValidationError, field_validator

from scenair.config.attainment import AttainmentConfig
from scenair.config.base import Section
from scenair.config.case import CaseConfig
from scenair.config.cmaq import CmaqConfig
from scenair.config.figures import FiguresConfig
from scenair.config.gridding import GriddingConfig
from scenair.config.inventory import InventoryConfig
from scenair.config.projection import ProjectionConfig
from scenair.config.scenario import Scenario, expand_matrices, known_measures
from scenair.config.surface import SurfaceConfig
from scenair.config.surrogate import SurrogateConfig
from scenair.config.sweep import Name, SweepConfig, members_of
from scenair.core.errors import ConfigError, InputError
from scenair.core.io.safe import MAX_YAML_BYTES, load_yaml, require_size

if TYPE_CHECKING:
    from collections.abc import Mapping


class Config(Section):
    """The whole configuration of a run."""

    case: CaseConfig = CaseConfig()
    inventory: InventoryConfig = InventoryConfig()
    projection: ProjectionConfig = ProjectionConfig()
    gridding: GriddingConfig = GriddingConfig()
    cmaq: CmaqConfig = CmaqConfig()
    surrogate: SurrogateConfig = SurrogateConfig()
    attainment: AttainmentConfig = AttainmentConfig()
    figures: FiguresConfig = FiguresConfig()
    surface: SurfaceConfig = SurfaceConfig()
    sweep: dict[Name, SweepConfig] = Field(default_factory=dict)

    @field_validator("sweep", mode="before")
    @classmethod
    def _one_sweep(cls, value: Any) -> Any:
        """``years`` and ``scenarios`` without a name above them are a sweep called ``all``."""
        if isinstance(value, dict) and value and set(value) <= set(SweepConfig.model_fields):
            return {"all": value}
        return value

    @field_validator("sweep")
    @classmethod
    def _in_one(cls, value: dict[str, SweepConfig]) -> dict[str, SweepConfig]:
        members_of(value)
        return value


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML mapping, never evaluated as code.

    Raises
    ------
    ConfigError
        Missing or oversized file, invalid YAML, or not a mapping.
    """
    try:
        require_size(path, maximum=MAX_YAML_BYTES)
        data = load_yaml(path.read_text(encoding="utf-8"), where=str(path))
    except InputError as error:
        raise ConfigError(str(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("not a readable text file", where=str(path), value=str(error)) from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise ConfigError(
            "a mapping is expected",
            where=str(path),
            value=type(data).__name__,
            allowed="key: value",
        )
    return data


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``over`` on top of ``base``, mappings merged key by key, all else replaced."""
    out = dict(base)
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(out.get(key), dict):
            out[key] = merge(out[key], value)
        else:
            out[key] = value
    return out


def explain(error: ValidationError, *, where: str) -> str:
    """All errors of a validation, one line each: key, problem, value found."""
    lines = [f"{error.error_count()} mistake(s) in {where}:"]
    for item in error.errors(include_url=False):
        key = ".".join(str(part) for part in item["loc"]) or "(top)"
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            message = "unknown key"
        found = "" if isinstance(item["input"], dict) else f" (found: {item['input']!r})"
        lines.append(f"  {key}: {message}{found}")
    return "\n".join(lines)


def load_config(raw: Mapping[str, Any], *, folder: Path) -> Config:
    """The validated configuration.

    Parameters
    ----------
    raw : mapping
        Snakemake's ``config``: config.yaml and ``--config`` merged. ``case`` is the stem of a file
        in ``config/cases`` or the path of a user's case file; other keys override its sections.
    folder : Path
        The folder ``config`` of the repository.

    Raises
    ------
    ConfigError
        With every mistake, one line each.
    """
    given = dict(raw)
    name = str(given.pop("case", "china-open"))
    if name.endswith((".yaml", ".yml")):
        path = Path(name)
    else:
        path = folder / "cases" / f"{name}.yaml"
        known = sorted(p.stem for p in (folder / "cases").glob("*.yaml"))
        if name not in known:
            raise ConfigError(
                "unknown case",
                where="key case",
                value=name,
                allowed=f"{', '.join(known)} or a YAML file",
            )
    merged = merge(read_yaml(path), given)
    try:
        return Config.model_validate(merged)
    except ValidationError as error:
        raise ConfigError(
            explain(error, where=f"config/config.yaml with case {path.name}")
        ) from None


def load_scenarios(folder: Path) -> dict[str, Scenario]:
    """All scenario files of a folder, inheritance resolved, keyed by stem, sorted.

    Raises
    ------
    ConfigError
        With every mistake of every file; unknown parent or a cycle of inheritance.
    """
    raw = expand_matrices({p.stem: read_yaml(p) for p in sorted(folder.glob("*.yaml"))})
    known = known_measures(folder.parent / "measures")
    problems: list[str] = []
    out: dict[str, Scenario] = {}
    for name in sorted(raw):
        try:
            out[name] = Scenario.model_validate(_inherit(name, raw), context={"measures": known})
        except ValidationError as error:
            problems.append(explain(error, where=f"config/scenarios/{name}.yaml"))
        except ConfigError as error:
            problems.append(str(error))
    if problems:
        raise ConfigError("\n".join(problems))
    return out


def _inherit(name: str, raw: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    chain = [name]
    while (parent := raw[chain[-1]].get("inherits")) is not None:
        if not isinstance(parent, str) or parent not in raw:
            raise ConfigError(
                "unknown parent scenario",
                where=f"config/scenarios/{chain[-1]}.yaml, key inherits",
                value=parent,
                allowed=", ".join(sorted(raw)),
            )
        if parent in chain:
            raise ConfigError(
                "scenarios inherit in a circle",
                where=f"config/scenarios/{chain[-1]}.yaml, key inherits",
                value=" -> ".join([*chain, parent]),
            )
        chain.append(str(parent))
    merged: dict[str, Any] = {}
    for link in reversed(chain):
        merged = merge(merged, {k: v for k, v in raw[link].items() if k != "inherits"})
    return merged | {"inherits": raw[name].get("inherits")}


def dump(model: BaseModel) -> dict[str, Any]:
    """A model as plain JSON values, fit for Snakemake's ``params``."""
    return model.model_dump(mode="json")
