"""Attainment: monitors, response factors, fusion, limits, cities and double attainment."""
