"""Is the difference real: intervals, tests, power and the verdict, as pure functions on arrays."""
