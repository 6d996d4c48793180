"""``summarizer eval run``: make the digests of a suite; whom evals ask, and what that needs."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from summarizer.cli import console
from summarizer.cli import options as given
from summarizer.errors import ConfigurationError
from summarizer.evaluation.figures import dollars

if TYPE_CHECKING or not given.only_help:
    from summarizer.batch.estimate import Forecast, Price, total
    from summarizer.evaluation import scores
    from summarizer.evaluation.compare.comparison import COMPLETE
    from summarizer.evaluation.compare.operands import load_baseline
    from summarizer.evaluation.run import plan as planning
    from summarizer.evaluation.run.folder import Report, RunFolder
    from summarizer.evaluation.run.folder import RunProgress as State
    from summarizer.evaluation.run.manifest import EXTRACTIVE, Asked, Manifest
    from summarizer.evaluation.run.runner import Runner
    from summarizer.evaluation.stats.interval import cluster_sizes
    from summarizer.evaluation.suite.file import load_suite
    from summarizer.evaluation.suite.samples import Sample, SuiteSamples, scorable
    from summarizer.llm.endpoint import display_url, is_loopback
    from summarizer.prompts.store import named_versions
    from summarizer.settings import Settings, load_settings
    from summarizer.worker_pool import Budget, Stopped


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
        return load_settings(
            model=model,
            base_url=self.base_url,
            prompts_dir=self.prompts_dir,
            cache=False if self.no_cache else None,
        )

    def again(self, *words: object, **more: object) -> str:
        """The command of these words and options, with those here but for the limits."""
        return console.command(
            "eval",
            *words,
            **more,
            jobs=self.jobs if self.jobs > 1 else None,
            price=self.price,
            base_url=display_url(self.base_url) if self.base_url else None,
            prompts_dir=self.prompts_dir,
            no_cache=self.no_cache,
        )

    @property
    def paid(self) -> Price | None:
        """The price: US dollars for a million tokens that are sent and generated."""
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

    def selection(self, settings: Settings) -> planning.Selection:
        """What of the suite was asked for."""
        contexts = {None: (), "on": (True,), "off": (False,), "both": (False, True)}
        refs = self.prompt or ()
        return planning.Selection(
            models=self.model or (),
            prompts=[named_versions(ref.split(","), folder=settings.prompts_dir) for ref in refs],
            context=contexts[self.context],
            epochs=self.epochs,
            limit=self.limit,
            slices=self.slice_ or (),
        )

    def plan(self, suite: str, settings: Settings) -> tuple[planning.Plan, Path]:
        """The run that could begin, and its folder; what is left out of it is told.

        Refuses a limit on costs that cannot be kept, before a new run has a folder.
        """
        selection = self.selection(settings)
        plan = planning.plan_run(load_suite(suite), selection, settings=settings, price=self.paid)
        for refused in plan.data.refused:
            console.show_warning(f"left out: {refused}")
        for doubt in plan.data.doubts:
            console.show_warning(doubt)
        models = {planned.variant.model for planned in plan.manifest.variants}
        if self.prompt and EXTRACTIVE in models:
            console.show_warning(f"--prompt changes nothing of {EXTRACTIVE!r}, which is sent none")
        if plan.manifest.epochs > 1 and not plan.manifest.suite.settings.temperature:
            console.show_warning(
                "epochs repeat much the same answers at temperature 0: see settings in docs"
            )
        path = self.out or planning.default_folder(plan.manifest.suite)
        unpriced = [planned for planned in plan.manifest.variants if planned.price is None]
        for planned in unpriced if self.max_cost and not path.exists() else ():
            Budget(self.max_cost).expect(planned.model, None)
        return plan, path

    def make_digests(self, folder: RunFolder, again: str, *, settings: Settings) -> Report:
        """Make what is missing, within the limits; if that fails, tell how to go on."""
        with (
            console.going_on(again, "what was made is kept, go on with"),
            eval_progress() as progress,
        ):
            return Runner(
                folder,
                settings=settings,
                jobs=self.jobs,
                max_cost=self.max_cost,
                max_tokens=self.max_tokens,
                progress=progress,
                forecast=lambda name, found: console.say(
                    f"{name}, what is missing: {needs(found)}"
                ),
            ).run()


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
    plan, path = (None, folder.path) if folder.exists else options.plan(suite, settings)
    if dry_run:
        if plan is None:
            data = SuiteSamples([*folder.samples.values()], folder.taxonomy, [])
            plan = planning.Plan(folder.manifest, data, [])
        console.echo(*_forecast_lines(plan, RunFolder(path), prompts_dir=settings.prompts_dir))
        return
    if plan is not None:
        folder = planning.begin(plan, path)
    again = options.again("run", folder.path)
    report = options.make_digests(folder, again, settings=settings)
    cost = f", {dollars(report.cost_usd)}" if report.cost_usd else ""
    console.say(f"{report.made:,} of {report.total:,} digests, {report.failed:,} failures{cost}")
    console.echo(str(folder.path))
    say_stopped(report.stopped, again)
    if report.completeness < COMPLETE:
        raise typer.Exit(console.INCOMPLETE_EXIT)


def say_stopped(limit: Stopped | None, again: str, kept: str = "go on with") -> None:
    """Tell how to go on where a limit ended it, and what of it is ``kept``."""
    if limit:
        console.say(f"stopped by --{limit}; {kept}:\n  {again} --{limit} MORE")


def _same_address(settings: Settings, asked: Asked, folder: RunFolder) -> Settings:
    """The settings with the address that a run was begun with.

    A folder may come from somebody else, so what it says sends nothing to another machine, and
    no key anywhere: a key goes to the address that the user gives with it.
    """
    now = display_url(settings.base_url) if settings.base_url else None
    if asked.base_url in (None, now):
        return settings
    if settings.api_key or not is_loopback(asked.base_url):
        raise ConfigurationError(
            f"the run {str(folder.path)!r} was begun with another address: {asked.base_url}",
            hint=console.command("eval", "run", folder.path, base_url=asked.base_url),
        )
    return settings.model_copy(update={"base_url": asked.base_url})


@contextmanager
def eval_progress(what: str = "digests") -> Iterator[Callable[[State], None]]:
    """How far a run is; ``what``: is counted."""
    with console.progress_line(what, stages=False) as line:

        def show(state: State) -> None:
            cost = [dollars(state.cost_usd)] if state.cost_usd else []
            note = ", ".join([state.variant, *cost])
            line.update(state.done, state.total, failed=state.failed, note=note)

        yield show


def _forecast_lines(
    plan: planning.Plan, folder: RunFolder, *, prompts_dir: Path | None
) -> Iterator[str]:
    """The forecast of a run that would begin, or of what one in ``folder`` lacks."""
    made = folder.generations() if folder.exists else {}
    found = planning.forecasts(plan, made, prompts_dir=prompts_dir)
    for name, forecast in found.items():
        yield f"{name}: {needs(forecast)}"
    if len(found) > 1:
        yield f"in all: {needs(total(found.values()))}"
    yield _power(plan.manifest, plan.data.samples)


def needs(found: Forecast) -> str:
    """What digests need, for people, and what that rests on."""
    return console.filled("needs.txt.j2", found=found, minutes=(found.seconds or 0) / 60)


def _power(manifest: Manifest, samples: list[Sample]) -> str:
    """What a comparison of so many articles can find."""
    names = manifest.suite.metrics.primary
    primary, metric = len(names), min(names, key=lambda name: len(scorable(samples, name)))
    scored = [sample.story for sample in scorable(samples, metric)]
    spread, why = _spread(manifest)
    effect = scores.detectable_effect(scored, primary=primary, spread=spread)
    gates = [gate for gate in manifest.suite.gates if gate.margin is not None]
    return console.filled(
        "power.txt.j2",
        metric=metric,
        primary=primary,
        scored=len(scored),
        samples=len(samples),
        stories=len(cluster_sizes(scored, len(scored))),
        least=scores.least_stories(primary),
        least_of_one=scores.least_stories(),
        effect=effect,
        spread=spread,
        why=why,
        small=[gate for gate in gates if (gate.margin or 0.0) < effect],
    )


def _spread(manifest: Manifest) -> tuple[float, str]:
    """How much differences between articles spread, and where that is from."""
    with suppress(ConfigurationError):  # there is none of it
        beside = Path(manifest.suite_path).parent / "baseline.json"
        variants = list(load_baseline(beside, suite=manifest.suite.name).variants.values())
        if found := scores.measured_spread(variants, manifest.suite.metrics.primary):
            return found, "as the baseline has it"
    return scores.ASSUMED_SPREAD, "which is assumed"
