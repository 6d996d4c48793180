"""How long ``summarizer --help`` takes, against importing Typer alone.

    python benchmarks/startup.py [RUNS]

Both are whole processes, run in turn so that a busy machine slows both. Prints the medians in
milliseconds and their ratio; the second number in brackets is the fastest run.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

COMMANDS = {
    "import typer": ["-c", "import typer"],
    "import summarizer": ["-c", "import summarizer"],
    "summarizer --help": ["-m", "summarizer", "--help"],
}


def seconds(arguments: list[str]) -> float:
    """The wall time of one Python process."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Measure, and print a line for each command."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs + 1):
        for name, arguments in COMMANDS.items():
            times[name].append(seconds(arguments))
    medians = {name: statistics.median(taken[1:]) for name, taken in times.items()}  # first: cold
    for name, median in medians.items():
        print(f"{name:<18} {1000 * median:6.0f} ms  ({1000 * min(times[name]):.0f} ms)")
    print(f"ratio              {medians['summarizer --help'] / medians['import typer']:6.2f}")


if __name__ == "__main__":
    main()
