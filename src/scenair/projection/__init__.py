"""The stage projection."""
