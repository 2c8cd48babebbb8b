"""scenair: from an emission scenario to an attained (or missed) air-quality standard."""

__version__ = "0.1.0"
