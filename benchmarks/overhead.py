"""What the pipeline adds to a model's own time, and whether memory grows with the batch.

    python benchmarks/overhead.py [--articles 200 2000] [--jobs 16] [--delay 0.2]

A stand-in server answers every request after a fixed delay, in a process of its own. The ideal
time of N articles at J in parallel is N / J * delay; the share of the ideal rate is printed for
each batch, and the peak memory (resident set) after each, in one process.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "llm"))

from summarizer import Article, Digest, Summarizer

_TOPIC = "politics and government"


def serve(delay: float) -> None:
    """Answer until standard input closes."""
    from standin import StandIn, answer

    def reply(body: dict[str, object]) -> object:
        text = str(body["messages"][-1]["content"])  # type: ignore[index]
        lead = text.split("\n\n")[1].split(". ")[0].strip()
        return answer(json.dumps({"summary": f"{lead}.", "topics": [_TOPIC]}), delay=delay)

    with StandIn(default=reply) as server:
        print(server.base_url, flush=True)
        sys.stdin.read()


def articles(count: int) -> Iterator[Article]:
    """Distinct articles of about 350 words."""
    for number in range(count):
        paragraphs = [
            f"The council of district {number} voted in session {part} to spend {number + part} "
            f"million crowns on roads, schools and the harbour, officials of the town said. "
            f"Opponents had asked for {part} more weeks to read the plan for the {number} streets."
            for part in range(9)
        ]
        yield Article(text="\n\n".join(paragraphs), title=f"Budget {number}", language="en")


def main() -> None:
    """Print a row per batch."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=int, nargs="+", default=[200, 2000])
    parser.add_argument("--jobs", type=int, default=16)
    parser.add_argument("--delay", type=float, default=0.2)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.delay)
        return
    command = [sys.executable, __file__, "--serve", "--delay", str(arguments.delay)]
    with (
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        assert server.stdout is not None
        assert server.stdin is not None
        url = server.stdout.readline().strip()
        flags = {"base_url": url, "model": "stand-in-70b", "cache_dir": Path(folder)}
        with Summarizer(length="25", **flags) as summarizer:
            list(summarizer.digest_many(articles(32), jobs=arguments.jobs))  # warm up
            print(f"{'articles':>8} {'seconds':>8} {'of ideal rate':>13} {'peak MB':>8}")
            for count in arguments.articles:
                row(summarizer, count, jobs=arguments.jobs, delay=arguments.delay)
        server.stdin.close()


def row(summarizer: Summarizer, count: int, *, jobs: int, delay: float) -> None:
    """Digest ``count`` articles that no cache knows, and print the row."""
    fresh = (a.model_copy(update={"text": f"{count} {a.text}"}) for a in articles(count))
    began = time.perf_counter()
    done = sum(isinstance(record, Digest) for record in summarizer.digest_many(fresh, jobs=jobs))
    seconds = time.perf_counter() - began
    assert done == count
    ideal = math.ceil(count / jobs) * delay
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count:>8} {seconds:>8.1f} {ideal / seconds:>13.2f} {peak:>8.0f}")


if __name__ == "__main__":
    main()
