"""The self-test of metrics: does each notice faults, and stay calm where there is none."""

from summarizer.evaluation.selftest.detection import run_selftest
from summarizer.evaluation.selftest.record import (
    MetricTest,
    Rate,
    SelfTest,
    load_stored,
    may_gate,
    save,
    staleness,
)

__all__ = [
    "MetricTest",
    "Rate",
    "SelfTest",
    "load_stored",
    "may_gate",
    "run_selftest",
    "save",
    "staleness",
]
