"""``summarizer eval run`` and ``decide``: make the digests of a suite, and which prompt to ship."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from summarizer.cli import options as given
from summarizer.cli import prompts
from summarizer.cli.console import (
    INCOMPLETE_EXIT,
    INTERRUPTED_EXIT,
    printable,
    say,
    show_warning,
    write_json,
)
from summarizer.cli.evaluation_compare import Margins, parse_margins
from summarizer.cli.evaluation_output import comparison_text, eval_progress, needs, show_forecast
from summarizer.errors import ConfigurationError
from summarizer.evaluation.figures import dollars

if TYPE_CHECKING:
    from summarizer.batch.estimate import Price
    from summarizer.evaluation.deciding import Decided
    from summarizer.evaluation.run.folder import Report, RunFolder
    from summarizer.evaluation.run.manifest import Asked, Manifest
    from summarizer.evaluation.run.plan import Plan, Selection
    from summarizer.settings import Settings
    from summarizer.worker_pool import Stopped


@dataclass(kw_only=True)
class AskingOptions:
    """Whom an eval asks, and what that may cost.

    Attributes:
        price: US dollars for a million tokens sent and generated, of models whose price is not
            known, such as those of a gateway.
    """

    jobs: given.Jobs = 1
    max_cost: given.MaxCost = None
    max_tokens: given.MaxTokens = None
    base_url: given.BaseUrl = None
    prompts_dir: given.PromptsDir = None
    no_cache: given.NoCache = False
    price: Annotated[str | None, typer.Option(metavar="IN,OUT")] = None

    def settings(self, *, model: str | None = None) -> Settings:
        """The user's settings with these options."""
        from summarizer.settings import load_settings

        return load_settings(
            model=model,
            base_url=self.base_url,
            prompts_dir=self.prompts_dir,
            cache=False if self.no_cache else None,
        )

    def again(self, *words: object) -> str:
        """The command of these words with these options, but for the limits."""
        from summarizer.llm.endpoint import display_url

        options = {
            "--jobs": self.jobs if self.jobs > 1 else None,
            "--price": self.price,
            "--base-url": display_url(self.base_url) if self.base_url else None,
            "--prompts-dir": self.prompts_dir,
        }
        known = [word for item in options.items() if item[1] is not None for word in item]
        known += ["--no-cache"] * self.no_cache
        return shlex.join(map(str, ["summarizer", "eval", *words, *known]))

    @property
    def paid(self) -> Price | None:
        """The price: US dollars for a million tokens that are sent and generated."""
        from summarizer.batch.estimate import Price

        if self.price is None:
            return None
        try:
            prompt, completion = map(float, self.price.split(","))
        except ValueError:
            prompt = completion = -1.0
        if not (0 <= prompt < math.inf and 0 <= completion < math.inf):
            raise typer.BadParameter(f"{self.price!r} is not IN,OUT, such as --price 0.4,1.6")
        return Price(prompt=prompt, completion=completion)


@dataclass(kw_only=True)
class RunOptions(AskingOptions):
    """What of a suite is run, and where.

    Attributes:
        model: Instead of the suite's models; repeatable.
        prompt: Instead of the suite's prompts: digest@v1, or several as one choice:
            summarize@v2,repair@v1; repeatable.
        context: Whether digests see earlier articles.
        epochs: Digests of each article.
        slice_: Only articles of this slice; repeatable.
        out: The run's folder, new or of an earlier call; default runs/SUITE-TIME.
    """

    model: Annotated[list[str] | None, typer.Option("--model", "-m")] = None
    prompt: list[str] | None = None
    context: Literal["on", "off", "both"] | None = None
    epochs: Annotated[int | None, typer.Option(min=1, max=100)] = None
    limit: given.Limit = None
    slice_: Annotated[list[str] | None, typer.Option("--slice")] = None
    out: Annotated[Path | None, typer.Option("--out", "-o")] = None

    def selection(self, settings: Settings) -> Selection:
        """What of the suite was asked for."""
        from summarizer.evaluation.run.plan import Selection

        refs = self.prompt or ()
        chosen = [prompts.prompt_versions(ref.split(","), settings.prompts_dir) for ref in refs]
        contexts = {None: (), "on": (True,), "off": (False,), "both": (False, True)}
        return Selection(
            models=tuple(self.model or ()),
            prompts=tuple(versions for versions in chosen if versions),
            context=contexts[self.context],
            epochs=self.epochs,
            limit=self.limit,
            slices=tuple(self.slice_ or ()),
        )

    def plan(self, suite: str, settings: Settings) -> Plan:
        """The run that could begin; what is left out of it is told."""
        from summarizer.evaluation.run.plan import plan_run
        from summarizer.evaluation.suite.file import load_suite

        selection = self.selection(settings)
        plan = plan_run(load_suite(suite), selection, settings=settings, price=self.paid)
        for refused in plan.data.refused:
            show_warning(f"left out: {refused}")
        for doubt in plan.data.doubts:
            show_warning(doubt)
        if plan.manifest.epochs > 1 and not plan.manifest.suite.settings.temperature:
            show_warning(
                "epochs repeat much the same answers at temperature 0: see settings in docs"
            )
        return plan

    def make_digests(self, folder: RunFolder, again: str, *, settings: Settings) -> Report:
        """Make what is missing, within the limits; if that fails, tell how to go on."""
        from summarizer.evaluation.run.runner import Runner

        with going_on(again, "what was made is kept, go on with"), eval_progress() as progress:
            runner = Runner(
                folder,
                settings=settings,
                jobs=self.jobs,
                max_cost=self.max_cost,
                max_tokens=self.max_tokens,
                progress=progress,
                forecast=lambda name, found: say(f"{name}, what is missing: {needs(found)}"),
            )
            return runner.run()


@contextmanager
def going_on(again: str, kept: str, *, after: type[Exception] = Exception) -> Iterator[None]:
    """However the block ends early, tell how to go on, and what of it is ``kept``."""
    try:
        yield
    except KeyboardInterrupt:
        say(f"interrupted; {kept}:\n  {again}")
        raise typer.Exit(INTERRUPTED_EXIT) from None
    except after:
        say(f"{kept}:\n  {again}")
        raise


def run(
    suite: Annotated[str, typer.Argument(metavar="SUITE")],
    *,
    dry_run: bool = False,
    options: RunOptions,
) -> None:
    """Make the digests of a suite. What the run's folder has is not made again.

    Prints the folder. Exit code: 0 complete, 12 less than 98 % of the digests are there.

    Args:
        suite: Name, folder or file of a suite; a run's folder to go on with it.
        dry_run: Only say what it would need and could find.
    """
    from summarizer.evaluation.compare.comparison import COMPLETE
    from summarizer.evaluation.run.folder import RunFolder
    from summarizer.evaluation.run.plan import begin, default_folder
    from summarizer.evaluation.suite.samples import SuiteSamples

    folder = RunFolder(Path(suite))
    asked = folder.manifest.asked if folder.exists else None
    if asked is not None:
        own = Path(asked.prompts_dir) if asked.prompts_dir else None
        options.prompts_dir = options.prompts_dir or own
        options.no_cache = options.no_cache or not asked.cache
    settings = options.settings()
    if asked is not None and options.base_url is None:
        settings = _same_address(settings, asked, folder)
    if folder.exists and (any(options.selection(settings)) or options.out is not None):
        raise ConfigurationError(
            f"{suite!r} is a run, which goes on as it began",
            hint=f"to let it grow: summarizer eval run SUITE ... --out {shlex.quote(suite)}",
        )
    if not folder.exists:
        plan = options.plan(suite, settings)
        if dry_run:
            there = RunFolder(options.out) if options.out else None
            show_forecast(plan.manifest, plan.data, there, settings=settings)
            return
        folder = begin(plan, options.out or default_folder(plan.manifest.suite))
    elif dry_run:
        data = SuiteSamples(list(folder.samples.values()), folder.taxonomy, [])
        show_forecast(folder.manifest, data, folder, settings=settings)
        return
    again = options.again("run", folder.path)
    report = options.make_digests(folder, again, settings=settings)
    cost = f", {dollars(report.cost_usd)}" if report.cost_usd else ""
    say(f"{report.made:,} of {report.total:,} digests, {report.failed:,} failures{cost}")
    typer.echo(str(folder.path))
    say_stopped(report.stopped, again)
    if report.completeness < COMPLETE:
        raise typer.Exit(INCOMPLETE_EXIT)


def say_stopped(limit: Stopped | None, again: str, kept: str = "go on with") -> None:
    """Tell how to go on where a limit ended it, and what of it is ``kept``."""
    if limit:
        say(f"stopped by --{limit}; {kept}:\n  {again} --{limit} MORE")


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
        yield comparison_text(one, flips=4, decision=len(found.comparisons) > 1)
    yield ""
    yield f"run:    {path}"
    yield f"report: summarizer eval report {shlex.quote(str(path))} -o report.html"
