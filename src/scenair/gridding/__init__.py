"""The stage gridding."""
