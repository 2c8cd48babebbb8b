"""A content hash of a module and of everything of scenair that it imports.

Snakemake does not see edits of an imported package. The hash goes into ``params`` of every rule,
so that editing the library re-runs what depends on it and nothing else.
"""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_PACKAGE = _ROOT.name


def _file_of(module: str) -> Path | None:
    base = _ROOT.parent.joinpath(*module.split("."))
    if base.with_suffix(".py").is_file():
        return base.with_suffix(".py")
    init = base / "__init__.py"
    return init if init.is_file() else None


@cache
def _source(path: Path) -> bytes:
    return path.read_bytes()


def _absolute(node: ast.ImportFrom, *, module: str, path: Path) -> str:
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    drop = node.level - (path.name == "__init__.py")
    base = parts[: len(parts) - drop] if drop else parts
    return ".".join([*base, *(node.module.split(".") if node.module else [])])


@cache
def _imports(module: str) -> frozenset[str]:
    """Modules of scenair that ``module`` imports, at any depth of the file."""
    path = _file_of(module)
    if path is None:
        return frozenset()
    found: set[str] = set()
    for node in ast.walk(ast.parse(_source(path))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, module=module, path=path)
            found.add(base)
            found.update(f"{base}.{alias.name}" for alias in node.names)
    names = {n for n in found if n.split(".")[0] == _PACKAGE and _file_of(n)}
    # importing a.b.c runs a and a.b as well
    for name in tuple(names):
        parts = name.split(".")
        names.update(".".join(parts[:i]) for i in range(1, len(parts)))
    return frozenset(names)


@cache
def dependencies(module: str) -> tuple[str, ...]:
    """``module`` and all modules of scenair it reaches through imports, sorted."""
    seen: set[str] = set()
    todo = [module]
    while todo:
        name = todo.pop()
        if name not in seen and _file_of(name):
            seen.add(name)
            todo.extend(_imports(name))
    return tuple(sorted(seen))


@cache
def code_id(*modules: str) -> str:
    """Hash (12 hex digits) of the sources that ``modules`` depend on.

    Raises
    ------
    ValueError
        Where a module is not one of scenair.
    """
    digest = hashlib.sha256()
    names: set[str] = set()
    for module in modules:
        if _file_of(module) is None:
            raise ValueError(f"{module} is not a module of scenair")
        names.update(dependencies(module))
    for name in sorted(names):
        path = _file_of(name)
        assert path is not None
        digest.update(name.encode() + b"\0" + _source(path) + b"\0")
    return digest.hexdigest()[:12]
