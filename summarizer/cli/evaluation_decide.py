"""``summarizer eval decide``: which prompt to ship, in one sentence."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli import options
from summarizer.cli.console import printable, say, write_json
from summarizer.cli.evaluation_compare import Margins, parse_margins
from summarizer.cli.evaluation_output import comparison_lines
from summarizer.cli.evaluation_run import (
    ContextChoice,
    Epochs,
    Models,
    OwnPrice,
    Prompts,
    Slices,
    choose,
    make_digests,
    parse_price,
    plan_digests,
)
from summarizer.evaluation.figures import dollars

if TYPE_CHECKING:
    from summarizer.evaluation.deciding import Decided
    from summarizer.evaluation.run.manifest import Manifest


def decide(
    suite: Annotated[str, typer.Argument(metavar="SUITE", help="Name, folder or file of a suite.")],
    *,
    model: Models = None,
    prompt: Prompts = None,
    context: ContextChoice = None,
    margin: Margins = None,
    batch: Annotated[
        int | None,
        typer.Option("--batch", min=2, help="Articles between two looks; default a tenth, or 10."),
    ] = None,
    epochs: Epochs = None,
    limit: options.Limit = None,
    slice_: Slices = None,
    jobs: options.Jobs = 1,
    max_cost: options.MaxCost = None,
    max_tokens: options.MaxTokens = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The run's folder; of an earlier call: go on with it."),
    ] = None,
    base_url: options.BaseUrl = None,
    prompts_dir: options.PromptsDir = None,
    no_cache: options.NoCache = False,
    price: OwnPrice = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write the decision as JSON.")] = False,
) -> None:
    """Decide whether B replaces A: run, score and compare until it is known.

    The first prompt (or model) is A, what was. B is shipped if it is better on at least one
    primary metric and inside its margin on all others. It stops as soon as that is known.

    Exit code: 0 ship, 10 do not ship, 11 more articles would tell, 12 too little was made.
    """
    from summarizer.evaluation.deciding import decide_run
    from summarizer.evaluation.run.plan import default_folder
    from summarizer.settings import load_settings

    settings = load_settings(
        base_url=base_url, prompts_dir=prompts_dir, cache=False if no_cache else None
    )
    selection = choose(
        model, prompt, context, epochs=epochs, limit=limit, slices=slice_, settings=settings
    )
    plan = plan_digests(suite, selection, settings, price=parse_price(price))
    path = out or default_folder(plan.manifest.suite)
    again = f"the same command with --out {shlex.quote(str(path))}"
    found = decide_run(
        plan,
        path,
        make=lambda folder: make_digests(
            folder, again, settings=settings, jobs=jobs, limits=(max_cost, max_tokens)
        ),
        margins=parse_margins(margin or ()),
        batch=batch,
        looked=_say_look,
    )
    if as_json:
        write_json(_record(found, path))
    else:
        for line in _lines(found, plan.manifest, path):
            typer.echo(printable(line))
    if found.stopped:
        say(f"stopped by --{found.stopped}; go on with:\n  {again} --{found.stopped} MORE")
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
