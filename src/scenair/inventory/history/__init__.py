"""What happened in the history years: analytics of the inventory itself."""
