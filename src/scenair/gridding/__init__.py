"""City totals and plants to cells and months, conserving mass."""
