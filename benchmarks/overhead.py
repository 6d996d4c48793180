"""What this program takes for an article beside an endpoint: CPU at steady state, one thread.

    python benchmarks/overhead.py [--articles 300] [--package CHECKOUT ...] [--profile]

Articles of about 350 words full of numbers (those of ``many_articles.py``) and a stand-in endpoint
in a process of its own that answers at once. Each row is a process: the median CPU milliseconds of
an article after the first ones, the peak of memory, and a hash of the digests. ``--package`` runs
several checkouts in turn, ``--rounds`` times; ``--profile`` prints where the time goes.
"""

from __future__ import annotations

import argparse
import cProfile
import hashlib
import json
import os
import pstats
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from many_articles import ROOT, articles

_FIRST = 50  # articles after which all is loaded


def measure(url: str, count: int, *, profile: bool) -> None:
    """Digest articles one after the other, and print a row."""
    from summarizer import Article, Summarizer

    found = [Article(**json.loads(line)) for line in articles(_FIRST + count)]
    hashed, times = hashlib.sha256(), []
    profiler = cProfile.Profile()
    with Summarizer(base_url=url, model="stand-in-70b", length="25", cache=False) as digests:
        for number, article in enumerate(found):
            if number == _FIRST and profile:
                profiler.enable()
            began = time.process_time()
            digest = digests.digest(article)
            times.append(1000 * (time.process_time() - began))
            hashed.update(digest.model_dump_json(exclude={"usage", "created"}).encode())
    profiler.disable()
    steady = times[_FIRST:]
    print(
        f"{statistics.median(steady):6.2f} ms of CPU an article (mean {statistics.mean(steady):.2f}"
        f"), peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB, digests "
        f"{hashed.hexdigest()[:16]}",
        flush=True,
    )
    if profile:
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(90)
        pstats.Stats(profiler).sort_stats("tottime").print_stats(50)


def main() -> None:
    """Print a row for each package and round."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--package", type=Path, nargs="+", default=[ROOT])
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        measure(asked.measure, asked.articles, profile=asked.profile)
        return
    serve = [sys.executable, str(Path(__file__).with_name("many_articles.py")), "--serve", "none"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [*serve, "--delay", "0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server,
    ):
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        for package in [path.resolve() for path in asked.package] * asked.rounds:
            print(f"{package.name:<14}", end=" ", flush=True)
            flags = ["--measure", url, "--articles", str(asked.articles)]
            subprocess.run(
                [sys.executable, __file__, *flags, *(["--profile"] if asked.profile else [])],
                env=os.environ | {"PYTHONPATH": str(package), "SUMMARIZER_CACHE_DIR": folder},
                check=True,
            )
        server.communicate()


if __name__ == "__main__":
    main()
