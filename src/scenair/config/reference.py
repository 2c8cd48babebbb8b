"""The reference of all configuration keys, generated from the models.

``python -m scenair.config.reference config/README.md`` renews the copy between two marks of that
file (without a file it prints); a test keeps the two in step.
"""

from __future__ import annotations

import ast
import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_origin

from scenair.config.load import Config
from scenair.config.scenario import Scenario
from scenair.core.io.atomic import write_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic import BaseModel

BEGIN: Final = "<!-- reference: begin -->"
END: Final = "<!-- reference: end -->"


def comments(model: type[BaseModel]) -> dict[str, str]:
    """``#:`` comments above the fields of a model's class, by field name."""
    source, _ = inspect.getsourcelines(model)
    indent = len(source[0]) - len(source[0].lstrip())
    lines = [line[indent:] for line in source]
    (tree,) = ast.parse("".join(lines)).body
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            above: list[str] = []
            k = node.lineno - 2
            while k >= 0 and lines[k].strip().startswith("#:"):
                above.insert(0, lines[k].strip()[2:].strip())
                k -= 1
            found[node.target.id] = " ".join(above)
    return found


def all_comments(model: type[BaseModel]) -> dict[str, str]:
    """Comments of a model and of the models it inherits from."""
    from pydantic import BaseModel

    merged: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            merged |= {k: v for k, v in comments(base).items() if v or k not in merged}
    return merged


def describe(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    """A JSON schema in a few words."""
    if "$ref" in schema:
        return describe(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(describe(s, definitions) for s in schema[key]))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    return _simple(schema, definitions)


def _simple(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    kind = {"null": "empty", "object": "mapping", "string": "text"}.get(
        schema.get("type", "any"), schema.get("type", "any")
    )
    if kind == "array":
        items = schema.get("items") or (schema.get("prefixItems") or [{}])[0]
        return f"list of {describe(items, definitions)}"
    if kind == "mapping" and isinstance(schema.get("additionalProperties"), dict):
        return f"mapping to {describe(schema['additionalProperties'], definitions)}"
    words = [kind]
    for key, sign in (
        ("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"),
    ):  # fmt: skip
        if key in schema:
            words.append(f"{sign} {schema[key]:g}")
    if "pattern" in schema:
        words.append(f"like `{schema['pattern']}`")
    return " ".join(words)


def _submodel(annotation: Any) -> type[BaseModel] | None:
    from typing import get_args

    from pydantic import BaseModel

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        if (found := _submodel(part)) is not None:
            return found
    return None


def rows(model: type[BaseModel], *, prefix: str) -> Iterator[tuple[str, str, str, str]]:
    """Key, type, default and meaning of every field, submodels after their own key."""
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    words = all_comments(model)
    for name, field in model.model_fields.items():
        key = f"{prefix}{name}"
        default = "required" if field.is_required() else _plain(field.default)
        sub = _submodel(field.annotation)
        kind = describe(schema["properties"][name], definitions)
        if sub is not None:
            default = "required" if field.is_required() else "see below"
        yield key, kind, default, words.get(name, "")
        if sub is not None:
            yield from rows(sub, prefix=f"{key}.")


def _plain(value: object) -> str:
    """A default as it would stand in YAML."""
    if value is None or value in ("", (), {}):
        return "empty"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return "`[" + ", ".join(map(str, value)) + "]`"
    return f"`{value}`"


def table(model: type[BaseModel], *, prefix: str) -> list[str]:
    """A Markdown table of a model."""
    lines = ["| key | value | default | meaning |", "|---|---|---|---|"]
    for cells in rows(model, prefix=prefix):
        safe = [cell.replace("|", "\\|") for cell in cells]
        lines.append(f"| `{safe[0]}` | {safe[1]} | {safe[2]} | {safe[3]} |")
    return lines


def reference() -> str:
    """Markdown of all sections of a case and of a scenario file."""
    parts = []
    for name, field in Config.model_fields.items():
        model = _submodel(field.annotation)
        assert model is not None
        summary = (inspect.getdoc(model) or "").splitlines()[0]
        parts += [f"### Section `{name}`", "", summary, ""]
        prefix = f"{name}.NAME." if get_origin(field.annotation) is dict else f"{name}."
        parts += [*table(model, prefix=prefix), ""] if model.model_fields else ["No keys.", ""]
    parts += ["### Scenario files (`config/scenarios/NAME.yaml`)", ""]
    parts += [(inspect.getdoc(Scenario) or "").splitlines()[0], "", *table(Scenario, prefix=""), ""]
    return "\n".join(parts)


def renew(text: str) -> str:
    """``text`` with the part between the two marks made anew."""
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    return f"{head}{BEGIN}\n\n{reference()}\n{END}{tail}"


def main(argv: Sequence[str]) -> None:
    """Print the reference, or renew it in the file that is named."""
    if not argv:
        sys.stdout.write(reference())
        return
    path = Path(argv[0])
    write_text(renew(path.read_text(encoding="utf-8")), path)


if __name__ == "__main__":
    main(sys.argv[1:])
