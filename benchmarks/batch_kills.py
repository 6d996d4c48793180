"""What a batch job loses when it is killed: records, doubles, and requests that were paid twice.

    python benchmarks/batch_kills.py [--articles 2000] [--kills 30] [--terms 5] [--jobs 16]
    python benchmarks/batch_kills.py --sizes 2000 20000    # memory and CPU of whole jobs
    python benchmarks/batch_kills.py --keep DIR --kills 10 [--finish]    # SIGKILL in several parts

A stand-in endpoint counts the requests for each article. The job is killed (SIGKILL) after a
random number of answers, again and again, and then run to its end; the same with SIGTERM, with one
of the processes that it started (--children), and on a disk that becomes full (a small tmpfs, which
takes root). A request that was under way when the process was killed is paid and lost, whoever sent
it: at most --jobs for each kill.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "llm"))

from standin import Body, Reply, StandIn, answer

from summarizer.batch.records import JobRecords

_FULL_DISK = "3m"
_LARGER = "64m"


def reply(body: Body) -> Reply:
    """The article's first sentence, so that no repair turn follows."""
    text = str(body["messages"][-1]["content"])
    lead = text.split("\n\n")[1].split(". ")[0].strip()
    said = {"summary": f"{lead}.", "topics": ["politics and government"]}
    return answer(json.dumps(said), delay=0.05)


def write_rows(path: Path, count: int) -> None:
    """Rows of about 120 words each."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            text = "\n\n".join(
                f"The council of district {number} voted in session {part} to spend "
                f"{number + part} million crowns on roads, schools and the harbour, officials of "
                f"the town said. Opponents had asked for {part} more weeks to read the plan."
                for part in range(3)
            )
            file.write(json.dumps({"title": f"Budget {number}", "text": text}) + "\n")


class Trial:
    """One job against a stand-in of its own."""

    def __init__(self, folder: Path, server: StandIn, *, jobs: int) -> None:
        self._asked = folder / "asked.json"
        self._server = server
        self._url = server.base_url
        self.out = folder / "job"
        rows = folder.parent / "rows.jsonl"
        self._command = [sys.executable, "-m", "summarizer", "batch", "run"]
        self._flags = ["--jobs", str(jobs), "-q"]
        self._begin = [str(rows), "--out", str(self.out), "--base-url", server.base_url]
        self._begin += ["--model", "stand-in-70b", "--length", "25"]
        self._env = {**os.environ, "SUMMARIZER_CACHE_DIR": str(folder / "cache")}

    def start(self) -> subprocess.Popen[bytes]:
        """The command that begins the job, or goes on with it."""
        begun = (self.out / "manifest.json").exists()
        what = [str(self.out), "--base-url", self._url] if begun else self._begin
        return subprocess.Popen(
            [*self._command, *what, *self._flags], env=self._env, stdout=subprocess.DEVNULL
        )

    def end_after(self, answers: int, number: int) -> int:
        """Send a signal when so many more requests came in; the exit code."""
        child = self.start()
        until = len(self._server.requests) + answers
        while child.poll() is None and len(self._server.requests) < until:
            time.sleep(0.005)
        child.send_signal(number)
        return child.wait()

    def kill_children(self, times: int, draw: random.Random) -> int:
        """Kill so many of its processes, one after some answers of another; the exit code."""
        child, until, killed = self.start(), 0, 0
        while child.poll() is None:
            time.sleep(0.005)
            if killed < times and len(self._server.requests) >= until:
                ask = ["pgrep", "-P", str(child.pid)]
                found = subprocess.run(ask, capture_output=True, check=False).stdout.split()
                if found and until:
                    os.kill(int(draw.choice(found)), signal.SIGKILL)
                    killed += 1
                until = len(self._server.requests) + draw.randint(50, 250)
        assert killed == times, f"it ended after {killed} kills"
        return child.wait()

    def asked(self) -> list[str]:
        """What was asked, in the parts before, too."""
        before = json.loads(self._asked.read_text("utf-8")) if self._asked.exists() else []
        return [*before, *(str(body["messages"][-1]) for body in self._server.bodies)]

    def save(self) -> None:
        """Keep what was asked for the next part."""
        self._asked.write_text(json.dumps(self.asked()), "utf-8")

    def row(self, name: str, *, articles: int, under_way: int) -> None:
        """Run it to its end, and print what is there."""
        code = self.start().wait()
        again = len(self._server.requests)
        self.start().wait()
        assert len(self._server.requests) == again, "a finished job asked again"
        with JobRecords(self.out) as records:
            found = Counter(record.item for record in records.in_order())
        lines = sum(log.read_bytes().count(b"\n") for log in self.out.glob("records-*.jsonl"))
        asked = Counter(self.asked())
        twice = sum(count - 1 for count in asked.values())
        print(
            f"{name:<22} exit {code}  records {len(found):,} of {articles:,}, lost "
            f"{articles - len(found)}, doubles {lines - len(found)}, requests "
            f"{asked.total():,}, paid twice {twice} (at most {under_way} were under "
            "way)",
            flush=True,
        )


def whole_job(articles: int, *, jobs: int) -> None:
    """Print what one job costs this machine that nobody interrupts."""
    with TemporaryDirectory() as folder:
        write_rows(Path(folder) / "rows.jsonl", articles)
        with trial(Path(folder), "job", jobs=jobs) as job:
            began = time.monotonic()
            _, status, used = os.wait4(job.start().pid, 0)
            seconds, cpu = time.monotonic() - began, used.ru_utime + used.ru_stime
    print(
        f"{articles:>7,} articles  exit {os.waitstatus_to_exitcode(status)}  {seconds:.0f} s, "
        f"{1000 * cpu / articles:.1f} ms of CPU an article, peak {used.ru_maxrss / 1024:.0f} MB",
        flush=True,
    )


@contextmanager
def trial(parent: Path, name: str, *, jobs: int) -> Iterator[Trial]:
    """A trial in a folder of its own."""
    folder = parent / name
    folder.mkdir(exist_ok=True)
    with StandIn(default=reply) as server:
        yield Trial(folder, server, jobs=jobs)


@contextmanager
def small_disk(folder: Path) -> Iterator[Callable[[], Any]]:
    """``folder`` on a disk that is soon full; calling what is given makes it larger."""
    mount = ["mount", "-t", "tmpfs", "-o"]
    subprocess.run([*mount, f"size={_FULL_DISK}", "tmpfs", str(folder)], check=True)
    try:
        yield lambda: subprocess.run(
            [*mount, f"remount,size={_LARGER}", "tmpfs", str(folder)], check=True
        )
    finally:
        subprocess.run(["umount", str(folder)], check=True)  # noqa: S607


def part(asked: argparse.Namespace) -> None:
    """Some of the kills; with --finish the row."""
    if not (asked.keep / "rows.jsonl").exists():
        asked.keep.mkdir(parents=True)
        write_rows(asked.keep / "rows.jsonl", asked.articles)
    with trial(asked.keep, "SIGKILL", jobs=asked.jobs) as job:
        for _ in range(asked.kills):
            code = job.end_after(random.randint(1, 120), signal.SIGKILL)  # noqa: S311
            with (asked.keep / "kills.txt").open("a", encoding="utf-8") as file:
                file.write(f"{code}\n")
        if asked.finish:
            codes = Counter((asked.keep / "kills.txt").read_text("utf-8").split())
            name = f"SIGKILL {dict(codes)}"
            job.row(name, articles=asked.articles, under_way=asked.jobs * codes.total())
        job.save()


def main() -> None:
    """Print a row for each way to die."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--terms", type=int, default=5)
    parser.add_argument("--children", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=16)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--finish", action="store_true")
    parser.add_argument("--sizes", type=int, nargs="+", default=[])
    asked = parser.parse_args()
    if asked.sizes:
        for size in asked.sizes:
            whole_job(size, jobs=asked.jobs)
        return
    if asked.keep:
        part(asked)
        return
    draw = random.Random(7)  # noqa: S311 - the same moments each time
    with TemporaryDirectory() as folder:
        parent = Path(folder)
        write_rows(parent / "rows.jsonl", asked.articles)
        for name, number, times in (
            ("SIGKILL", signal.SIGKILL, asked.kills),
            ("SIGTERM", signal.SIGTERM, asked.terms),
        ):
            if not times:
                continue
            with trial(parent, name, jobs=asked.jobs) as job:
                most = 2 * asked.articles // (times + 1)
                codes = Counter(job.end_after(draw.randint(1, most), number) for _ in range(times))
                lost = asked.jobs * times if number == signal.SIGKILL else 0
                job.row(f"{name} x {times} {dict(codes)}", articles=asked.articles, under_way=lost)
        if asked.children:
            with trial(parent, "children", jobs=asked.jobs) as job:
                code = job.kill_children(asked.children, draw)
                name = f"{asked.children} of its processes (exit {code})"
                job.row(name, articles=asked.articles, under_way=asked.jobs * asked.children)
        with trial(parent, "disk", jobs=asked.jobs) as job:
            job.out.mkdir()
            with small_disk(job.out) as enlarge:
                code = job.start().wait()
                enlarge()
                job.row(f"full disk (exit {code})", articles=asked.articles, under_way=0)


if __name__ == "__main__":
    main()
