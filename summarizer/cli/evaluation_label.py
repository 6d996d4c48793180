"""``summarizer eval label``: from digests to gold data, one article at a time, by single keys."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import string
import sys
import textwrap
from codecs import IncrementalDecoder, getincrementaldecoder
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from summarizer.cli.console import INTERRUPTED_EXIT, printable, say, show_warning, write_json
from summarizer.cli.evaluation_output import aligned, interval, number
from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    from summarizer.evaluation.labelling import Labels, RaterAgreement, ToLabel
    from summarizer.evaluation.suite.sample_rows import SampleRow
    from summarizer.taxonomy import Taxonomy

Action = Literal["keep", "skip", "back", "quit"]
_ACTIONS: Final[dict[str, Action]] = {
    "\n": "keep", "\r": "keep", ">": "skip", "<": "back", ".": "quit", "": "quit", "\x04": "quit",
}  # fmt: skip
_HELP: Final = (
    "1-9 a topic on or off   / any topic by its name   a-z a statement on or off   * all of them\n"
    "+ type a fact   space whole article   enter keep, next   > skip   < back   . quit"
)
_CLEAR: Final = "\x1b[2J\x1b[H"
_ESCAPE: Final = re.compile("\x1b(?:[\\[O][0-9;]*[A-Za-z~])?")  # arrows and the like
_LINES: Final = 14  # of an article that is not shown whole
_SHOWN: Final = 6  # topics that a name may mean


def label(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SUITE|DIGESTS|FOLDER",
            help="A suite, a file of rows or of digests, the folder of a batch or of a run.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="LABELS.jsonl", help="Rows, with the rater's name."),
    ] = None,
    rater: Annotated[str | None, typer.Option("--rater", help="Who labels.")] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="So many articles, drawn by lot.")
    ] = 50,
    agreement: Annotated[
        bool,
        typer.Option("--agreement", help="Only say how far the raters of SOURCE, labels, agree."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --agreement: write it as JSON.")
    ] = False,
) -> None:
    """Label articles on the terminal: which topics fit, which statements the article makes.

    What is kept is a row of gold data, which `eval run LABELS.jsonl` runs on. The same command
    goes on where it was left; another --rater labels the same articles, unaware of the first.
    """
    from summarizer.evaluation.labelling import Labels, rater_agreement, read_items
    from summarizer.settings import load_settings

    if agreement:
        _show_agreement(rater_agreement(Path(source)), as_json=as_json)
        return
    if output is None or not rater:
        raise typer.BadParameter("-o LABELS.jsonl and --rater NAME are needed")
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfigurationError("labelling takes a terminal", hint="do not redirect it")
    labels = Labels(output, rater)
    items, taxonomy = read_items(
        source, settings=load_settings(), limit=limit, left_out=lambda why: show_warning(why)
    )
    try:
        with _keys() as read:
            _label_all(items, labels, rater, taxonomy, read)
    except KeyboardInterrupt:
        say("")
        raise typer.Exit(INTERRUPTED_EXIT) from None
    finally:
        done = sum(item.id in labels.done for item in items)
        say(f"{done:,} of {len(items):,} articles labelled by {rater}")
        again = ["summarizer", "eval", "label", source, "-o", str(output), "--rater", rater]
        if done < len(items):
            say(f"go on with:\n  {shlex.join([*again, '-n', str(limit)])}")
    typer.echo(str(output))


def _label_all(
    items: list[ToLabel], labels: Labels, rater: str, taxonomy: Taxonomy, read: Callable[[], str]
) -> None:
    """One article after the other, from the first that lacks labels."""
    place = next((n for n, item in enumerate(items) if item.id not in labels.done), len(items))
    while place < len(items):
        item = items[place]
        editor = Editor(item, taxonomy, labels.drafts.get(item.id) or labels.done.get(item.id))
        heading = f"{place + 1} of {len(items)}" + "  (labelled)" * (item.id in labels.done)
        while True:
            typer.echo(_CLEAR, err=True, nl=False)
            for line in (heading, *editor.lines(), *_HELP.splitlines()):
                typer.echo(printable(line), err=True)
            action = editor.press(read(), read)
            if action is not None:
                break
            labels.sketch(editor.row(rater))
        if action == "quit":
            return
        if action == "keep":
            labels.keep(editor.row(rater))
        place = max(0, place - 1) if action == "back" else place + 1


class Editor:
    """What a person says of one article, key by key.

    Args:
        item: the article.
        taxonomy: the topics to choose from.
        before: what was said of it before; None: nothing.
    """

    def __init__(self, item: ToLabel, taxonomy: Taxonomy, before: SampleRow | None) -> None:
        self._item = item
        self._taxonomy = taxonomy
        known = {topic.id for topic in taxonomy.topics}
        suggested = [topic for topic in item.topics if topic in known]
        self.topics = list((before.gold_topics or ()) if before else suggested)
        self.checked = dict.fromkeys(item.statements, False)
        if before:
            self.checked |= {claim.text: claim.supported for claim in before.claims}
        roots = [topic.id for topic in taxonomy.roots]
        self._choices = list(dict.fromkeys([*suggested, *self.topics, *roots]))[:9]
        self._whole = False
        self._message = ""

    def row(self, rater: str) -> SampleRow:
        """What was said, as a row."""
        return self._item.row(rater, self.topics, self.checked)

    def lines(self) -> Iterator[str]:
        """The screen."""
        width = max(40, shutil.get_terminal_size().columns - 2)
        yield self._item.article.title or self._item.id
        yield ""
        text = [
            line
            for paragraph in self._item.article.text.splitlines()
            for line in textwrap.wrap(paragraph, width) or [""]
        ]
        yield from text if self._whole else text[:_LINES]
        if not self._whole and len(text) > _LINES:
            yield f"... {len(text) - _LINES} more lines: space"
        yield ""
        yield "Topics that fit:"
        others = [topic for topic in self.topics if topic not in self._choices]
        for key, topic in [*zip(string.digits[1:], self._choices, strict=False),
                           *((" ", topic) for topic in others)]:  # fmt: skip
            yield f"{key} {_box(topic in self.topics)} {' > '.join(self._taxonomy.path(topic))}"
        yield ""
        yield "Statements that the article makes:"
        for key, (text_, right) in zip(string.ascii_lowercase, self.checked.items(), strict=False):
            first, *rest = textwrap.wrap(text_, width - 6) or [""]
            yield f"{key} {_box(right)} {first}"
            yield from (f"      {line}" for line in rest)
        yield self._message

    def press(self, key: str, read: Callable[[], str]) -> Action | None:
        """Do what a key says; the action that ends the article, or None."""
        self._message = ""
        if key in _ACTIONS:
            return _ACTIONS[key]
        choice = string.digits.find(key) - 1
        statement = string.ascii_lowercase.find(key)
        if 0 <= choice < len(self._choices):
            self._toggle(self._choices[choice])
        elif 0 <= statement < len(self.checked):
            text = list(self.checked)[statement]
            self.checked[text] = not self.checked[text]
        elif key == "*":
            self.checked = dict.fromkeys(self.checked, not all(self.checked.values()))
        elif key == " ":
            self._whole = not self._whole
        elif key == "+":
            if fact := _typed("a fact of the article: ", read):
                self.checked[fact] = True
        elif key == "/":
            self._find(_typed("topic, or part of its name: ", read))
        return None

    def _toggle(self, topic: str) -> None:
        self.topics = (
            [one for one in self.topics if one != topic]
            if topic in self.topics
            else [*self.topics, topic]
        )

    def _find(self, name: str) -> None:
        """Toggle the topic that a name means; tell where it means none, or several."""
        wanted = name.casefold()
        topics = self._taxonomy.topics
        same = [topic for topic in topics if wanted in (topic.id.casefold(), topic.name.casefold())]
        found = same or [topic for topic in topics if wanted and wanted in topic.name.casefold()]
        if len(found) == 1:
            self._toggle(found[0].id)
            self._message = f"{found[0].name} {_box(found[0].id in self.topics)}"
        elif found:
            names = [topic.name for topic in found[:_SHOWN]] + ["..."] * (len(found) > _SHOWN)
            self._message = f"{name!r} is in several names, type one of them: {'; '.join(names)}"
        elif name:
            self._message = f"no topic has {name!r} in its name"


def _box(on: bool) -> str:
    return "[x]" if on else "[ ]"


def _typed(prompt: str, read: Callable[[], str]) -> str:
    """A line that is typed key by key, until enter."""
    typed = ""
    while True:
        typer.echo(f"\r\x1b[K{prompt}{printable(typed)}", err=True, nl=False)
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
    if as_json:
        record = {**found._asdict(), "topics": found.topics._asdict(),
                  "claims": found.claims._asdict()}  # fmt: skip
        write_json(record)
        return
    typer.echo(printable(f"{found.articles:,} articles labelled by {', '.join(found.raters)}"))
    rows = [("", "alpha", "95 % interval", "rated by two or more")]
    for name, one in (("topics", found.topics), ("statements", found.claims)):
        rows.append((name, number(one.alpha), interval(one.low, one.high), f"{one.units:,}"))
    for line in aligned(rows):
        typer.echo(line)
    typer.echo("alpha: 1 is agreement, 0 is chance (Krippendorff; MASI distance of topics)")
    if found.differ:
        typer.echo(printable(f"they differ on {len(found.differ):,}: {', '.join(found.differ)}"))
