"""``summarizer eval decide``: which prompt to ship, in one sentence."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli.console import printable, say, write_json
from summarizer.cli.evaluation_compare import Margins, parse_margins
from summarizer.cli.evaluation_output import comparison_lines
from summarizer.cli.evaluation_run import RunOptions, say_stopped
from summarizer.evaluation.figures import dollars

if TYPE_CHECKING:
    from summarizer.evaluation.deciding import Decided
    from summarizer.evaluation.run.manifest import Manifest


def decide(
    suite: Annotated[str, typer.Argument(metavar="SUITE")],
    *,
    margin: Margins = None,
    batch: Annotated[int | None, typer.Option(min=2)] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    options: RunOptions,
) -> None:
    """Decide whether B replaces A: run, score and compare until it is known.

    The first prompt (or model) is A, what was. B is shipped if it is better on at least one
    primary metric and inside its margin on all others. It stops as soon as that is known.

    Exit code: 0 ship, 10 do not ship, 11 more articles would tell, 12 too little was made.

    Args:
        suite: Name, folder or file of a suite.
        batch: Articles between two looks; default a tenth, or 10.
        as_json: Write the decision as JSON.
    """
    from summarizer.evaluation.deciding import decide_run
    from summarizer.evaluation.run.plan import default_folder

    settings = options.settings()
    plan = options.plan(suite, settings)
    path = options.out or default_folder(plan.manifest.suite)
    again = f"the same command with --out {shlex.quote(str(path))}"
    found = decide_run(
        plan,
        path,
        make=lambda folder: options.make_digests(folder, again, settings=settings),
        margins=parse_margins(margin or ()),
        batch=batch,
        looked=_say_look,
    )
    if as_json:
        write_json(_record(found, path))
    else:
        for line in _lines(found, plan.manifest, path):
            typer.echo(printable(line))
    say_stopped(found.stopped, again)
    raise typer.Exit(found.decision.exit_code)


def _say_look(found: Decided) -> None:
    counts = f"{found.articles:,} of at most {found.planned:,} articles"
    say(f"{counts}: {found.decision.sentence}")


def _record(found: Decided, path: Path) -> dict[str, object]:
    return {
        **found.decision.model_dump(mode="json"),
        "winner": found.winner,
        "articles": found.articles,
        "planned": found.planned,
        "looks": found.looks,
        "cost_usd": found.cost_usd,
        "run": str(path),
        "comparisons": [one.model_dump(mode="json") for one in found.comparisons],
    }


def _lines(found: Decided, manifest: Manifest, path: Path) -> Iterator[str]:
    from summarizer.evaluation.run.folder import prompt_changes

    variants = [planned.variant for planned in manifest.variants]
    for a, b in pairwise(variants):
        for change in prompt_changes((manifest, a), (manifest, b)):
            yield from (*change.lines, "")
    yield found.decision.sentence
    for reason in found.decision.reasons:
        yield f"  {reason}"
    looks = f"{found.looks:,} look" + ("s" if found.looks > 1 else "")
    yield (
        f"{found.articles:,} of at most {found.planned:,} articles, {looks}, "
        f"{dollars(found.cost_usd)} so far"
    )
    for one in found.comparisons:
        yield ""
        # Of one pair, the decision stands above.
        yield from comparison_lines(one, flips=4, decision=len(found.comparisons) > 1)
    yield ""
    yield f"run:    {path}"
    yield f"report: summarizer eval report {shlex.quote(str(path))} -o report.html"
