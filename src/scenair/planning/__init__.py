"""The stage planning."""
