"""The stage inventory."""
