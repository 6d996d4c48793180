"""``summarizer eval label``: from digests to gold data, one article at a time, by single keys."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import textwrap
from codecs import IncrementalDecoder, getincrementaldecoder
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from summarizer.cli import console, options
from summarizer.errors import ConfigurationError, require_extra
from summarizer.evaluation.figures import interval, number

if TYPE_CHECKING or not options.only_help:
    from summarizer.cli.output import checked_output
    from summarizer.evaluation.label_session import ASKED, LabelSession, box
    from summarizer.evaluation.labelling import Labels, RaterAgreement, rater_agreement, read_items
    from summarizer.settings import load_settings

_HELP: Final = (
    "1-9 a topic on or off   / any topic by its name   a-z a statement on or off   * all of them\n"
    "+ type a fact   space whole article   enter keep, next   > skip   < back   . quit"
)
_CLEAR: Final = "\x1b[2J\x1b[H"
_ESCAPE: Final = re.compile("\x1b(?:[\\[O][0-9;]*[A-Za-z~])?")  # arrows and the like
_LINES: Final = 10  # of an article that is not shown whole
_PASSAGE_LINES: Final = 4


def label(
    source: Annotated[str, typer.Argument(metavar="SUITE|DIGESTS|FOLDER")],
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="LABELS.jsonl")] = None,
    rater: str | None = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1)] = 50,
    agreement: bool = False,
    page: bool = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Label articles by single keys: which topics fit, which statements the article makes.

    What is kept is a row of gold data, which `eval run LABELS.jsonl` runs on. The same command
    goes on where it was left; another --rater labels the same articles, unaware of the first.

    Args:
        source: A suite, a file of rows or of digests, the folder of a batch or of a run.
        output: Rows, with the rater's name.
        rater: Who labels.
        limit: So many articles, drawn by lot.
        agreement: Only say how far the raters of SOURCE, labels, agree.
        page: In the browser, by the same keys; needs the extra web.
        as_json: With --agreement: write it as JSON.
    """
    if agreement:
        _show_agreement(rater_agreement(Path(source)), as_json=as_json)
        return
    if output is None or not rater:
        raise typer.BadParameter("-o LABELS.jsonl and --rater NAME are needed")
    labels = Labels(checked_output(output, ()), rater)
    if page:
        for module in ("fastapi", "uvicorn", "prometheus_client"):
            require_extra(module, what="the page", extra="web")
    elif not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfigurationError("labelling takes a terminal", hint="or a browser: --page")
    items, taxonomy = read_items(
        source, settings=load_settings(), limit=limit, left_out=console.show_warning
    )
    session = LabelSession(items, labels, taxonomy)
    try:
        if page and not session.is_over:
            _serve(session, rater)
        elif not page:
            with _keys() as read:
                _show(session, read)
    except KeyboardInterrupt:
        if not session.is_over:
            console.say("")
            raise typer.Exit(console.INTERRUPTED_EXIT) from None
    finally:
        console.say(f"{session.done:,} of {len(items):,} articles labelled by {rater}")
        if session.done < len(items):
            how = {"output": output, "rater": rater, "page": page, "limit": limit}
            console.say(f"go on with:\n  {console.command('eval', 'label', source, **how)}")
    console.echo(str(output))


def _serve(session: LabelSession, rater: str) -> None:
    """The page, on a free port of this machine, until the session is over or Ctrl-C."""
    from summarizer.plugins.serving import HttpOptions, serve
    from summarizer.web.app import label_app

    # The server ends as on Ctrl-C, after the answer to the last key.
    app = label_app(session, rater=rater, end=partial(signal.raise_signal, signal.SIGINT))
    serve(
        app, HttpOptions(port=0), ready=lambda url: console.say(f"label at {url}; Ctrl-C ends it")
    )


def _show(session: LabelSession, read: Callable[[], str]) -> None:
    """One article after the other on the terminal."""
    while not session.is_over:
        typer.echo(_CLEAR, err=True, nl=False)
        for line in (session.heading, *_lines(session), *_HELP.splitlines()):
            typer.echo(console.printable(line), err=True)
        key = read()
        session.press(key, _typed(ASKED[key], read) if key in ASKED else "")


def _lines(session: LabelSession) -> Iterator[str]:
    """The screen: the article, the topics and the statements."""
    width = max(40, shutil.get_terminal_size().columns - 2)
    article = session.item.article
    yield article.title or session.item.id
    yield ""
    text = [
        line
        for paragraph in article.text.splitlines()
        for line in textwrap.wrap(paragraph, width) or [""]
    ]
    yield from text if session.is_whole else text[:_LINES]
    if not session.is_whole and len(text) > _LINES:
        yield f"... {len(text) - _LINES} more lines: space"
    for title, choices in (
        ("Topics that fit:", session.topics),
        ("Statements that the article makes:", session.statements),
    ):
        yield ""
        yield title
        for choice in choices:
            first, *rest = textwrap.wrap(choice.text, width - 6) or [""]
            yield f"{choice.key} {box(choice.is_on)} {first}"
            yield from (f"      {line}" for line in rest)
            passage = textwrap.wrap(choice.passage, width - 8)[:_PASSAGE_LINES]
            yield from (f"      | {line}" for line in passage)
    yield session.message


def _typed(prompt: str, read: Callable[[], str]) -> str:
    """A line that is typed key by key, until enter."""
    typed = ""
    while True:
        typer.echo(f"\r\x1b[K{prompt}{console.printable(typed)}", err=True, nl=False)
        key = read()
        if key in ("\n", "\r", "", "\x04"):
            return typed.strip()
        typed = typed[:-1] if key in ("\x7f", "\b") else typed + key


@contextmanager
def _keys() -> Iterator[Callable[[], str]]:
    """Reads single keys, and loses none that are typed ahead; "" at the end of input."""
    try:
        import termios
        import tty
    except ImportError:  # Windows
        yield typer.getchar
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin, termios.TCSANOW)
        # Ctrl-C is a key like others, so that it comes between keys and never within a write.
        mode = termios.tcgetattr(sys.stdin)
        mode[3] &= ~termios.ISIG
        termios.tcsetattr(sys.stdin, termios.TCSANOW, mode)
        yield partial(_next_key, deque(), getincrementaldecoder("utf-8")("replace"))
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _next_key(ahead: deque[str], decoder: IncrementalDecoder) -> str:
    """The next key; ``ahead``: what was typed already."""
    while not ahead:
        data = os.read(sys.stdin.fileno(), 1024)
        if not data:
            return ""
        ahead.extend(_ESCAPE.sub("", decoder.decode(data)))
    key = ahead.popleft()
    if key == "\x03":
        raise KeyboardInterrupt
    return key


def _show_agreement(found: RaterAgreement, *, as_json: bool) -> None:
    shares = {name: getattr(found, name)._asdict() for name in ("topics", "claims")}
    rows = [("", "alpha", "95 % interval", "rated by two or more")]
    for name, one in (("topics", found.topics), ("statements", found.claims)):
        rows.append((name, number(one.alpha), interval(one.low, one.high), f"{one.units:,}"))
    shown = console.filled("agreement.txt.j2", found=found, rows=rows)
    console.show_found(found._asdict() | shares, [shown], as_json=as_json)
