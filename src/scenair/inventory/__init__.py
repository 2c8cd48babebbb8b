"""Inventory: one city-level account of CO2 and pollutants out of many sources."""
