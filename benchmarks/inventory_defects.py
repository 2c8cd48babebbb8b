"""The defects seen in other tools, our test of each, and its result, as a table.

python inventory_defects.py
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent / "tests" / "inventory" / "test_known_defects.py"


class Outcomes:
    """Collects the outcome of every test."""

    def __init__(self) -> None:
        self.of: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst phase of a test."""
        name = report.nodeid.split("::")[-1].split("[")[0]
        if report.when == "call" or report.failed:
            self.of[name] = report.outcome


def rows(text: str) -> list[tuple[str, str]]:
    """(defect, test) of the table in the module's docstring."""
    lines = (ast.get_docstring(ast.parse(text)) or "").splitlines()
    found = (re.match(r"(.+?)\s{2,}(test_\w+)$", line) for line in lines)
    return [(m[1], m[2]) for m in found if m]


def main() -> int:
    """Run the tests and print the table; 1 where one fails or is missing."""
    outcomes = Outcomes()
    pytest.main(["-q", "--no-header", "-p", "no:cacheprovider", str(TESTS)], plugins=[outcomes])
    table = rows(TESTS.read_text(encoding="utf-8"))
    for defect, test in table:
        print(f"{outcomes.of.get(test, 'missing'):8} {defect:52} {test}")
    return int(not table or any(outcomes.of.get(test) != "passed" for _, test in table))


if __name__ == "__main__":
    sys.exit(main())
