"""The stage figures."""
