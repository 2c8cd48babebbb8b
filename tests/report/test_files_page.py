"""docs/files.md names every file that a rule makes, and none that no rule makes."""

from __future__ import annotations

import re
from pathlib import Path


def rule_outputs(text: str) -> set[str]:
    """Paths under results/ in the ``output:`` blocks of a rule file, with plain wildcards."""
    found = set()
    for block in re.finditer(r"^( +)output:\n((?:\1 +.*\n|\s*\n)+)", text, re.MULTILINE):
        for name in re.findall(r'f?"(results/[^"]+)"', block.group(2)):
            found.add(name.replace("{{", "{").replace("}}", "}"))
    # the rule that ends a mistyped target makes nothing
    return {name for name in found if "[" not in name}


def documented(text: str) -> set[str]:
    """Paths in the first cells of the tables, under the folder that the heading names."""
    found, folder = set(), ""
    for line in text.splitlines():
        heading = re.match(r"## .*`(results/[^`]*)`", line)
        folder = heading.group(1) if heading else folder
        if line.startswith("| ") and folder:
            found |= {folder + name for name in re.findall(r"`([^`]+)`", line.split(" | ")[0])}
    return found


def test_files_page_is_in_step_with_the_rules(repo: Path) -> None:
    files = (repo / "workflow/rules").glob("*.smk")
    made = {name for path in files for name in rule_outputs(path.read_text(encoding="utf-8"))}
    assert len(made) > 60
    named = documented((repo / "docs/files.md").read_text(encoding="utf-8"))
    folders = tuple(name for name in named if name.endswith("/"))
    missing = {
        name for name in made - named if f"{name}/" not in named and not name.startswith(folders)
    }
    assert missing == set(), "docs/files.md lacks these outputs of rules"
    stale = {
        name
        for name in named - made
        if not (
            name.removesuffix("/") in made
            or (name.endswith("/") and any(m.startswith(name) for m in made))
        )
    }
    assert stale == set(), "docs/files.md names files that no rule makes"


def test_outputs_are_found_whatever_their_form() -> None:
    text = """
rule a:
    input:
        "results/in.csv",
    output:
        one="results/{year}/a.csv",
        two=expand("results/{{year}}/{stem}.png", stem=STEMS),
        **{n: f"results/x/{n}.csv" for n in N},
    log:
        "results/log",
"""
    assert rule_outputs(text) == {
        "results/{year}/a.csv", "results/{year}/{stem}.png", "results/x/{n}.csv",
    }  # fmt: skip
    assert documented("## In `results/`\n| `a.csv`, `b/` | c `d` |\n") == {
        "results/a.csv", "results/b/",
    }  # fmt: skip
