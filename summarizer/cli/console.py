"""The two streams: stdout is data, stderr is for people, who see there what goes on."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import typer

from summarizer.errors import ConfigurationError, SummarizerError
from summarizer.evaluation.figures import dollars, interval, number, p_value
from summarizer.pages.wording import printable as printable  # all commands take it from here
from summarizer.progress import listening, size

if TYPE_CHECKING:
    from summarizer.articles import Article, Source
    from summarizer.summaries.request import OnText

# JSON escapes C0 itself. DEL, C1 and the bidirectional overrides act on terminals; U+0085, U+2028
# and U+2029 end a line for some readers of JSON lines. All of them can only stand inside strings.
_ESCAPED_IN_JSON = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
SOME_FAILED_EXIT: Final = 1
INCOMPLETE_EXIT: Final = 12
INTERRUPTED_EXIT: Final = 130
SIGPIPE_EXIT: Final = 141


def escape_json(text: str) -> str:
    """JSON without characters that act on a terminal or end a line; it means the same."""
    return _ESCAPED_IN_JSON.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def write_json(value: Any) -> None:
    """Print ``value`` as indented JSON; pydantic models in it are written as they dump."""
    prepare_stdout(data=True)
    text = json.dumps(
        value, indent=2, ensure_ascii=False, default=lambda model: model.model_dump(mode="json")
    )
    sys.stdout.write(escape_json(text) + "\n")
    sys.stdout.flush()


def show_found(record: Any, lines: Iterable[str], *, as_json: bool) -> None:
    """What a command has found, on stdout: JSON for programs, or lines for people."""
    if as_json:
        write_json(record)
    else:
        echo(*lines)


def echo(*lines: str) -> None:
    """Lines for people, on stdout: data, too, where there is no JSON of it."""
    for line in lines:
        sys.stdout.write(printable(line) + "\n")
    sys.stdout.flush()


def filled(template: str, **found: Any) -> str:
    """What a template of this folder says, without its last line feed; it escapes nothing."""
    from summarizer.pages.document import render_text

    words = {
        "n": "{:,}".format,
        "number": number,
        "interval": interval,
        "p_value": p_value,
        "dollars": dollars,
        "priced": priced,
        "duration": duration,
        "size": size,
        "aligned": aligned,
    }
    return render_text(Path(__file__).with_name(template), **(words | found)).rstrip("\n")


def aligned(rows: Sequence[Sequence[str]], *, indent: str = "") -> Iterator[str]:
    """Rows as columns: the first to the left, the others to the right.

    >>> list(aligned([("a", "b"), ("long", "1.5")]))
    ['a       b', 'long  1.5']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [first.ljust(widths[0]), *map(str.rjust, others, widths[1:])]
        yield indent + "  ".join(cells).rstrip()


def prepare_stdout(*, data: bool) -> None:
    """Data is UTF-8 everywhere; text is what the terminal can show."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8" if data else None, errors="replace")


def open_closed_streams() -> None:
    """Streams that the caller closed lead nowhere.

    Else the next file would get the number of one, and what libraries print would go into it.
    """
    for place, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), place)
            setattr(sys, name, os.fdopen(place, "w" if place else "r", closefd=False))


def abandon(stream: IO[str]) -> None:
    """Let what a stream still holds go nowhere: Python flushes it at the end, and would fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def show_error(error: SummarizerError) -> None:
    """One line that says what and why, and one that says what to do next."""
    sys.stderr.write(f"error: {printable(str(error))}\n")
    if error.hint:
        sys.stderr.write(f"  try: {printable(error.hint)}\n")


def loaded(sources: Iterable[Source], failures: list[SummarizerError]) -> Iterator[Article]:
    """The articles that can be read; an error is told, and is one of the failures then."""
    for source in sources:
        try:
            article = source.load()
        except SummarizerError as error:
            failures.append(error)
            show_error(error)
        else:
            yield article


def show_warning(message: str) -> None:
    """One line on stderr."""
    sys.stderr.write(f"warning: {printable(message)}\n")


def say(text: str) -> None:
    """Lines for people, on stderr."""
    sys.stderr.write(printable(text) + "\n")


_SILENCE: Final = 10.0  # seconds between two lines where stderr is no terminal
_FRAMES: Final = 4  # a second


class ProgressLine:
    """How many are done, how many failed, how long the rest will take, and what is done now.

    Args:
        what: is counted, such as "digests".
        stages: whether to tell what is done now, too, once the first is done.
    """

    def __init__(self, what: str = "", *, stages: bool = True) -> None:
        self.total: int | None = None
        self.done = self.failed = 0
        self.stage = self.note = ""
        self._what = what
        self._stages = stages
        self._before: int | None = None  # done before the rate is measured, which began then
        self._began = self._measured = time.monotonic()

    def update(
        self, done: int, total: int | None = None, *, failed: int = 0, note: str = ""
    ) -> None:
        """So many are done, after each one; ``note``: what else to tell."""
        if not done:  # what comes before the first, such as storing articles, tells no rate
            self._before, self._measured = 0, time.monotonic()
        elif self._before is None:
            self._before = done - 1
        self.done, self.failed, self.note = done, failed, note
        self.total = total or self.total

    def hear(self, message: str | None) -> None:
        """What is done now."""
        self.stage = message or self.stage

    def __str__(self) -> str:
        """For example "12 of 300 digests, 4 failed, about 6 min left"."""
        took = time.monotonic() - self._began
        if not self.done and not self.total:
            return f"{self.stage}, {took:.0f} s" if self.stage else ""
        what = f" {self._what}" if self._what else ""
        parts = [f"{self.done:,}{f' of {self.total:,}' if self.total else ''}{what}"]
        if self.failed:
            parts.append(f"{self.failed:,} failed")
        if self.note:
            parts.append(self.note)
        made = self.done - (self._before or 0)
        if self.total and made > 0:
            rate = made / (time.monotonic() - self._measured or 1)
            parts.append(f"about {duration((self.total - self.done) / rate)} left")
        else:
            parts.append(duration(took))
        shown = self.stage if self._stages or not self.done else ""
        return ", ".join(parts) + (f": {shown}" if shown else "")


@contextmanager
def progress_line(
    what: str = "", *, quiet: bool = False, stages: bool = True, draft: Callable[[], str] = str
) -> Iterator[ProgressLine]:
    """Shows a line for as long as the block lasts, and the draft below it on a terminal.

    Args:
        what: is counted.
        quiet: show nothing.
        stages: whether to tell what is done now: of one at a time.
        draft: gives the text that is being written.
    """
    line = ProgressLine(what, stages=stages)
    if quiet:
        yield line
        return
    with listening(line.hear), _live(line, draft) if sys.stderr.isatty() else _now_and_then(line):
        yield line


@contextmanager
def article_progress(*, quiet: bool = False, with_draft: bool = False) -> Iterator[OnText | None]:
    """Shows the stage of one article and the seconds it took, and takes them away at the end.

    Args:
        quiet: show nothing.
        with_draft: on a terminal, show the summary as it is written, too.
    """
    draft: list[str] = []
    with progress_line(quiet=quiet, draft=lambda: "".join(draft) if with_draft else "") as line:
        line.hear("reading the article")
        # A model that is asked for its answer piece by piece says when it begins to write.
        yield draft.append if sys.stderr.isatty() and not quiet else None


def command(*words: object, **options: object) -> str:
    """One of our commands, to be typed; options that are None or False are left out.

    >>> command("eval", "run", "my run", max_cost=2, no_cache=True, price=None)
    "summarizer eval run 'my run' --max-cost 2 --no-cache"
    """
    parts: list[object] = ["summarizer", *words]
    for name, value in options.items():
        if value:
            flag = f"--{name.replace('_', '-')}"
            parts += [flag] if value is True else [flag, value]
    return shlex.join(map(str, parts))


@contextmanager
def going_on(again: str, kept: str) -> Iterator[None]:
    """However the block ends early, tell how to go on, and what of it is ``kept``.

    A wrong configuration would end it again.
    """
    try:
        yield
    except KeyboardInterrupt:
        say(f"interrupted; {kept}:\n  {again}")
        raise typer.Exit(INTERRUPTED_EXIT) from None
    except ConfigurationError:
        raise
    except Exception:
        say(f"{kept}:\n  {again}")
        raise


def count_in_background(line: ProgressLine, count: Callable[[], int | None]) -> None:
    """Find out how many there are; it may take long, so that nobody waits for it."""

    def find() -> None:
        line.total = count()

    threading.Thread(target=find, daemon=True).start()


def priced(usd: float | None) -> str:
    """A cost for people."""
    return "price unknown" if usd is None else dollars(usd)


def duration(seconds: float) -> str:
    """Seconds for people.

    >>> duration(42), duration(372), duration(7300), duration(400_000)
    ('42 s', '6 min', '2.0 h', '4.6 days')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.1f} days"


@contextmanager
def _live(line: ProgressLine, draft: Callable[[], str]) -> Iterator[None]:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    def text() -> Text:
        return Text(printable("\n".join(filter(None, (str(line), draft())))), style="dim")

    console = Console(stderr=True, highlight=False)
    with Live(get_renderable=text, console=console, transient=True, refresh_per_second=_FRAMES):
        yield


@contextmanager
def _now_and_then(line: ProgressLine) -> Iterator[None]:
    over = threading.Event()

    def tell() -> None:
        while not over.wait(_SILENCE):
            if text := str(line):
                say(text)

    threading.Thread(target=tell, daemon=True).start()
    try:
        yield
    finally:
        over.set()
