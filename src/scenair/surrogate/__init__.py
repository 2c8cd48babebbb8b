"""The stage surrogate."""
