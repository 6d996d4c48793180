"""The self-test of metrics: does each notice faults, and stay calm where there is none."""
