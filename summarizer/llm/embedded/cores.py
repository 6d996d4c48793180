"""How many cores this process may use."""

from __future__ import annotations

import os
from pathlib import Path

_CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def usable_cores() -> int:
    """The cores this process may use: CPU affinity, and a container's quota.

    A container that may use 2 of a machine's 64 cores sees all of them; 64 threads would then
    mostly wait for each other.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    quota = _quota()
    return cores if quota is None else max(1, min(cores, quota))


def _quota() -> int | None:
    """The quota of control group version 2 (``max 100000`` or ``200000 100000``), in cores."""
    try:
        limit, period = _CGROUP_QUOTA.read_text(encoding="ascii").split()
        return None if limit == "max" else round(int(limit) / int(period))
    except (OSError, ValueError, ZeroDivisionError):
        return None
