"""Files of the surrogate: one function a rule."""
