"""Files of the stage attainment, one function a rule."""

from scenair.attainment.io.build import build_attainment
from scenair.attainment.io.compare import build_comparison
from scenair.attainment.io.places import build_monitors

__all__ = ["build_attainment", "build_comparison", "build_monitors"]
