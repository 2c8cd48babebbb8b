"""The stage cmaq."""
