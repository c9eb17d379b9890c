"""The load harness: one machine, one go, one table."""
