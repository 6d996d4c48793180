"""``summarizer eval run``: make the digests of a suite, or what a run lacks of them."""

from __future__ import annotations

import math
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from summarizer.cli import options, prompts
from summarizer.cli.console import INCOMPLETE_EXIT, INTERRUPTED_EXIT, say, show_warning
from summarizer.cli.evaluation_output import eval_progress, needs, show_forecast
from summarizer.errors import ConfigurationError
from summarizer.evaluation.figures import dollars

if TYPE_CHECKING:
    from summarizer.batch.estimate import Price
    from summarizer.batch.pool import Report
    from summarizer.evaluation.run.folder import RunFolder
    from summarizer.evaluation.run.manifest import Asked
    from summarizer.evaluation.run.plan import Plan, Selection
    from summarizer.settings import Settings

Models = Annotated[
    list[str] | None,
    typer.Option("--model", "-m", help="Instead of the suite's models; repeatable."),
]
Prompts = Annotated[
    list[str] | None,
    typer.Option(
        "--prompt",
        help="Instead of the suite's prompts: digest@v1, or several as one choice: "
        "summarize@v2,score@v1; repeatable.",
    ),
]
ContextChoice = Annotated[
    Literal["on", "off", "both"] | None,
    typer.Option("--context", help="Whether digests see earlier articles."),
]
Epochs = Annotated[
    int | None, typer.Option("--epochs", min=1, max=100, help="Digests of each article.")
]
Slices = Annotated[
    list[str] | None, typer.Option("--slice", help="Only articles of this slice; repeatable.")
]
OwnPrice = Annotated[
    str | None,
    typer.Option(
        "--price",
        metavar="IN,OUT",
        help="US dollars for a million tokens sent and generated, of models whose price is not "
        "known, such as those of a gateway.",
    ),
]


def run(
    suite: Annotated[
        str,
        typer.Argument(
            metavar="SUITE",
            help="Name, folder or file of a suite; a run's folder to go on with it.",
        ),
    ],
    *,
    model: Models = None,
    prompt: Prompts = None,
    context: ContextChoice = None,
    epochs: Epochs = None,
    limit: options.Limit = None,
    slice_: Slices = None,
    jobs: options.Jobs = 1,
    max_cost: options.MaxCost = None,
    max_tokens: options.MaxTokens = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what it would need and could find.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The run's folder; default runs/SUITE-TIME."),
    ] = None,
    base_url: options.BaseUrl = None,
    prompts_dir: options.PromptsDir = None,
    no_cache: options.NoCache = False,
    price: OwnPrice = None,
) -> None:
    """Make the digests of a suite. What the run's folder has is not made again.

    Prints the folder. Exit code: 0 complete, 12 less than 98 % of the digests are there.
    """
    from summarizer.evaluation.compare.comparison import COMPLETE
    from summarizer.evaluation.run.folder import RunFolder
    from summarizer.evaluation.run.plan import begin, default_folder
    from summarizer.evaluation.suite.samples import SuiteSamples
    from summarizer.settings import load_settings

    folder = RunFolder(Path(suite))
    asked = folder.manifest.asked if folder.exists else None
    if asked is not None:
        prompts_dir = prompts_dir or (Path(asked.prompts_dir) if asked.prompts_dir else None)
        no_cache = no_cache or not asked.cache
    settings = load_settings(
        base_url=base_url, prompts_dir=prompts_dir, cache=False if no_cache else None
    )
    if asked is not None and base_url is None:
        settings = _same_address(settings, asked, folder)
    selection = choose(
        model, prompt, context, epochs=epochs, limit=limit, slices=slice_, settings=settings
    )
    if folder.exists and (any(selection) or out is not None):
        raise ConfigurationError(
            f"{suite!r} is a run, which goes on as it began",
            hint=f"to let it grow: summarizer eval run SUITE ... --out {shlex.quote(suite)}",
        )
    if not folder.exists:
        plan = plan_digests(suite, selection, settings, price=parse_price(price))
        if dry_run:
            there = RunFolder(out) if out else None
            show_forecast(plan.manifest, plan.data, there, settings=settings)
            return
        folder = begin(plan, out or default_folder(plan.manifest.suite))
    elif dry_run:
        data = SuiteSamples(list(folder.samples.values()), folder.taxonomy, [])
        show_forecast(folder.manifest, data, folder, settings=settings)
        return
    again = _again(folder, jobs=jobs, base_url=base_url, prompts_dir=prompts_dir, no_cache=no_cache)
    limits = (max_cost, max_tokens)
    report = make_digests(folder, again, settings=settings, jobs=jobs, limits=limits)
    cost = f", {dollars(report.cost_usd)}" if report.cost_usd else ""
    say(f"{report.made:,} of {report.total:,} digests, {report.failed:,} failures{cost}")
    typer.echo(str(folder.path))
    if report.stopped:
        say(f"stopped by --{report.stopped}; go on with:\n  {again} --{report.stopped} MORE")
    if report.completeness < COMPLETE:
        raise typer.Exit(INCOMPLETE_EXIT)


def _same_address(settings: Settings, asked: Asked, folder: RunFolder) -> Settings:
    """The settings with the address that a run was begun with.

    A folder may come from somebody else, so what it says sends nothing to another machine.
    """
    from summarizer.llm.endpoint import display_url, is_loopback

    now = display_url(settings.base_url) if settings.base_url else None
    if asked.base_url in (None, now):
        return settings
    if not is_loopback(asked.base_url):
        again = shlex.join(["summarizer", "eval", "run", str(folder.path), "--base-url"])
        raise ConfigurationError(
            f"the run {str(folder.path)!r} was begun with another address: {asked.base_url}",
            hint=f"{again} {asked.base_url}",
        )
    return settings.model_copy(update={"base_url": asked.base_url})


def parse_price(given: str | None) -> Price | None:
    """A price from ``IN,OUT``: US dollars for a million tokens that are sent and generated."""
    from summarizer.batch.estimate import Price

    if given is None:
        return None
    try:
        prompt, completion = map(float, given.split(","))
    except ValueError:
        prompt = completion = -1.0
    if not (0 <= prompt < math.inf and 0 <= completion < math.inf):
        raise typer.BadParameter(f"{given!r} is not IN,OUT, such as --price 0.4,1.6")
    return Price(prompt=prompt, completion=completion)


def plan_digests(
    suite: str, selection: Selection, settings: Settings, *, price: Price | None
) -> Plan:
    """The run that could begin; what is left out of it is told."""
    from summarizer.evaluation.run.plan import plan_run
    from summarizer.evaluation.suite.file import load_suite

    plan = plan_run(load_suite(suite), selection, settings=settings, price=price)
    for refused in plan.data.refused:
        show_warning(f"left out: {refused}")
    for doubt in plan.data.doubts:
        show_warning(doubt)
    suite_settings = plan.manifest.suite.settings
    if plan.manifest.epochs > 1 and not suite_settings.temperature:
        show_warning("epochs repeat much the same answers at temperature 0: see settings in docs")
    return plan


def _again(
    folder: RunFolder,
    *,
    jobs: int,
    base_url: str | None,
    prompts_dir: Path | None,
    no_cache: bool,
) -> str:
    """The command that goes on with a run."""
    words = ["summarizer", "eval", "run", str(folder.path)]
    words += ["--jobs", str(jobs)] if jobs > 1 else []
    return shlex.join(words + endpoint_words(base_url, prompts_dir, no_cache=no_cache))


def endpoint_words(base_url: str | None, prompts_dir: Path | None, *, no_cache: bool) -> list[str]:
    """The options of a command that goes on which say whom it asks, and how."""
    from summarizer.llm.endpoint import display_url

    words = ["--base-url", display_url(base_url)] if base_url else []
    words += ["--prompts-dir", str(prompts_dir)] if prompts_dir else []
    return words + (["--no-cache"] if no_cache else [])


def make_digests(
    folder: RunFolder,
    again: str,
    *,
    settings: Settings,
    jobs: int,
    limits: tuple[float | None, int | None],
) -> Report:
    """Make what is missing, within US dollars and tokens; if that fails, tell how to go on."""
    from summarizer.evaluation.run.runner import Runner

    try:
        with eval_progress() as progress:
            runner = Runner(
                folder,
                settings=settings,
                jobs=jobs,
                max_cost=limits[0],
                max_tokens=limits[1],
                progress=progress,
                forecast=lambda variant, found: say(f"{variant}, what is missing: {needs(found)}"),
            )
            return runner.run()
    except KeyboardInterrupt:
        say(f"interrupted; what was made is kept, go on with:\n  {again}")
        raise typer.Exit(INTERRUPTED_EXIT) from None
    except Exception:
        say(f"what was made is kept, go on with:\n  {again}")
        raise


def choose(
    models: list[str] | None,
    refs: list[str] | None,
    context: Literal["on", "off", "both"] | None,
    *,
    epochs: int | None,
    limit: int | None,
    slices: list[str] | None,
    settings: Settings,
) -> Selection:
    """What of the suite was asked for."""
    from summarizer.evaluation.run.plan import Selection

    chosen = [prompts.prompt_versions(ref.split(","), settings.prompts_dir) for ref in refs or ()]
    contexts = {None: (), "on": (True,), "off": (False,), "both": (False, True)}
    return Selection(
        models=tuple(models or ()),
        prompts=tuple(versions for versions in chosen if versions),
        context=contexts[context],
        epochs=epochs,
        limit=limit,
        slices=tuple(slices or ()),
    )
