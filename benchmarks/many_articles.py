"""What many articles at once cost, and what becomes of them when the endpoint has a fault.

    python benchmarks/many_articles.py [--articles 200 2000] [--package CHECKOUT ...]
    python benchmarks/many_articles.py --faults
    python benchmarks/many_articles.py --how summarize batch ray --jobs 64

``--how`` tells which command: ``summarize``, ``batch run``, or that with ``--ray local``, whose
workers' CPU and memory are not among the figures. Each row is one such command with -j 16 against
a stand-in in a process of its own: seconds, CPU seconds and peak memory (resident set) of the
command, articles done, requests that came in, those of them refused with 429 (in brackets: after
the first 20). ``--package`` runs other checkouts in turn, in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "llm"))

_RATE = 5  # requests a second
_DEAD_AFTER = 50
_FAULTS = {"outage of 20 s": 200, "outage of 60 s": 200, "5 requests/s": 200, "dead": 500}


class Row(NamedTuple):
    """One command: which checkout, how many articles, which fault."""

    package: Path
    articles: int
    fault: str
    jobs: int
    delay: float
    how: str = "summarize"


def serve(fault: str, delay: float) -> None:
    """Answer until standard input closes; then tell what came in."""
    from standin import StandIn

    play = Endpoint(fault, delay)
    with StandIn(default=play) as server:
        print(server.base_url, flush=True)
        sys.stdin.read()
    limited = [code == 429 for code in play.codes]
    print(json.dumps([len(limited), sum(limited), sum(limited[20:]) / max(1, len(limited[20:]))]))


class Endpoint:
    """A step of the stand-in: answers after ``delay`` seconds, unless its fault says otherwise."""

    def __init__(self, fault: str, delay: float) -> None:
        self._fault = fault
        self._delay = delay
        self._lock = threading.Lock()
        self._answered: list[float] = []
        self._began: float | None = None  # the outage
        self.codes: list[int] = []

    def __call__(self, body: dict[str, Any]) -> Any:
        """The reply to one request."""
        from standin import answer, error

        with self._lock:
            code = self._code(time.monotonic())
            self.codes.append(code)
        if code != 200:
            return error(code)
        text = str(body["messages"][-1]["content"])
        lead = text.split("\n\n")[1].split(". ")[0].strip()
        content = json.dumps({"summary": f"{lead}.", "topics": ["politics and government"]})
        return answer(content, delay=self._delay)

    def _code(self, now: float) -> int:
        if self._fault == "dead" and len(self._answered) >= _DEAD_AFTER:
            return 503
        if self._fault.startswith("outage") and len(self._answered) >= 50:
            self._began = self._began or now
            if now < self._began + float(self._fault.split()[2]):
                return 503
        recent = sum(1 for at in self._answered[-_RATE:] if at > now - 1)
        if self._fault == "5 requests/s" and recent >= _RATE:
            return 429
        self._answered.append(now)
        return 200


def articles(count: int) -> Iterator[str]:
    """Distinct articles of about 350 words, as lines of JSON."""
    for number in range(count):
        paragraphs = [
            f"The council of district {number} voted in session {part} to spend {number + part} "
            f"million crowns on roads, schools and the harbour, officials of the town said. "
            f"Opponents had asked for {part} more weeks to read the plan for the {number} streets."
            for part in range(9)
        ]
        yield json.dumps({"title": f"Budget {number}", "text": "\n\n".join(paragraphs)})


def run(row: Row) -> None:
    """Run the command, and print its row."""
    command = [sys.executable, __file__, "--serve", row.fault, "--delay", str(row.delay)]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server,
    ):
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        source, output = Path(folder, "articles.jsonl"), Path(folder, "digests.jsonl")
        source.write_text("\n".join(articles(row.articles)))
        flags = ["--base-url", url, "--model", "stand-in-70b", "-l", "25"]
        flags += ["-j", str(row.jobs), str(source)]
        if row.how == "summarize":
            flags = ["summarize", *flags, "-f", "jsonl", "-o", str(output)]
        else:
            flags = ["batch", "run", *flags, "-o", str(Path(folder, "job")), "-q"]
            output = Path(folder, "job", "records-00000.jsonl")
            flags += ["--ray", "local"] if row.how == "ray" else []
        environment = os.environ | {
            "PYTHONPATH": str(row.package),
            "SUMMARIZER_CACHE_DIR": folder,
            "SUMMARIZER_DATA_DIR": folder,
        }
        began = time.monotonic()
        child = subprocess.Popen(
            [sys.executable, "-m", "summarizer", *flags],
            env=environment,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert child.stderr is not None
        said = child.stderr.read()
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        requests, limited, late = json.loads(server.communicate()[0])
        lines = output.read_text().splitlines() if output.exists() else []
    done = sum("error" not in json.loads(line) for line in lines)
    print(
        f"{row.package.name:<12} {row.how:<9} {row.fault:<15} {done:>5}/{row.articles:<5} "
        f"{requests:>6} "
        f"{limited:>4} ({late:.0%}) {seconds:>7.1f} {used.ru_utime + used.ru_stime:>7.1f} "
        f"{used.ru_maxrss / 1024:>7.0f}  exit {child.returncode}",
        flush=True,
    )
    for line in said.splitlines()[-2:] if child.returncode else ():
        print(f"    {line}", flush=True)


def main() -> None:
    """Print a row for each command."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=int, nargs="+", default=[200, 2000])
    parser.add_argument("--package", type=Path, nargs="+", default=[ROOT])
    parser.add_argument("--how", nargs="+", default=["summarize"])
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=16)
    parser.add_argument("--delay", type=float, default=0.2)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve is not None:
        serve(given.serve, given.delay)
        return
    print(
        "checkout     command   fault            done        requests  429  seconds     CPU      MB"
    )
    wanted: Callable[[str], bool] = lambda fault: given.only in fault  # noqa: E731
    plain = [(count, "none") for count in given.articles]
    faulty = [(count, fault) for fault, count in _FAULTS.items() if wanted(fault)]
    for count, fault in faulty if given.faults else plain:
        for package, how in product(given.package, given.how):
            run(Row(package.resolve(), count, fault, given.jobs, given.delay, how))


if __name__ == "__main__":
    main()
