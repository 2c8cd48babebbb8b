"""The report as one HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scenair.core.audit.closure import TOLERANCE
from scenair.report import content, rows, rows_cities
from scenair.report.template import SCRIPT, STYLE, TEMPLATE

if TYPE_CHECKING:
    from scenair.report.content import Contents


def render(c: Contents) -> str:
    """The report's HTML; every text is escaped, nothing is fetched from elsewhere."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    return environment.from_string(TEMPLATE).render(
        c=c,
        # constants of ours, the only text that is not escaped
        style=Markup(STYLE),
        script=Markup(SCRIPT),
        cards=content.headline(c),
        sensitivity=rows.sensitivity_rows(c),
        limits=rows.limit_rows(c),
        hindcast=rows.hindcast_rows(c),
        skill=rows.skill_rows(c),
        groups=rows.group_rows(c),
        emissions=rows.emission_rows(c),
        figures=rows.captions(c),
        cities=rows_cities.city_rows(c),
        estimates=rows_cities.estimate_rows(c),
        measures=rows_cities.measure_rows(c),
        effect_year=rows_cities.effect_year(c),
        health=rows_cities.health_words(c),
        synthetic=rows.synthetic_groups(c),
        assumed=rows.assumed_groups(c),
        ozone=rows_cities.has_ozone(c),
        compare=content.compare_limit(c),
        standard=str(c.cities["standard"].iloc[0]),
        tolerance=f"{TOLERANCE:.0e}".replace("e-0", "e-"),
        cell_km=content.cell_km(c),
        source=content.concentration_source(c),
        versions=_versions(c),
    )


def _versions(c: Contents) -> list[tuple[str, Any]]:
    found = c.manifest["versions"]
    code = found.get("code", {})
    return [
        *((name, value) for name, value in sorted(found.items()) if name != "code"),
        *((f"source of stage {name}", value) for name, value in sorted(code.items())),
    ]
