"""Files of the stage attainment, a module a rule, so that a rule depends on its own code only."""
