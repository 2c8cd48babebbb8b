"""The stage attainment."""
