"""``summarizer eval judge``: have another model judge the digests of runs."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from summarizer.cli import console
from summarizer.cli import options as given
from summarizer.cli.evaluation_run import AskingOptions, eval_progress, say_stopped
from summarizer.evaluation.figures import dollars, interval, number

if TYPE_CHECKING or not given.only_help:
    from summarizer.evaluation.compare.comparison import COMPLETE
    from summarizer.evaluation.compare.operands import run_variants
    from summarizer.evaluation.judge import reliability
    from summarizer.evaluation.judge.asking import How, Inquiry, JudgeRun, estimate
    from summarizer.evaluation.judge.judge import Judge, open_judge
    from summarizer.evaluation.judge.pairs import PairRun, judged_pairs
    from summarizer.evaluation.run.folder import Report
    from summarizer.evaluation.selftest.record import save as put_on_record
    from summarizer.evaluation.stats.agreement import LEAST_LABELLED

_NONE: Final = ("-", "-", "0")  # the figures of a share of nothing
KEPT: Final = "what was answered is kept, go on with"


@dataclass(kw_only=True)
class JudgeOptions(AskingOptions):
    """How a judge is asked.

    Attributes:
        jobs: Questions at a time.
        dry_run: Only say what it would need.
    """

    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=256)] = 1
    limit: given.Limit = None
    dry_run: bool = False

    @contextmanager
    def opened(self, model: str, again: str, *, in_log: bool) -> Iterator[Judge]:
        """The judge; however the block ends early, how to go on is told.

        Without the response cache, answers that go to no log are remembered until enough are there.
        """
        settings = self.settings(model=model)
        if self.no_cache and not in_log:
            settings = settings.model_copy(update={"cache": True, "cache_dir": _own_cache(again)})
        with console.going_on(again, KEPT), open_judge(settings, price=self.paid) as judge:
            yield judge

    @contextmanager
    def asking(self) -> Iterator[How]:
        """How many at a time, within which limits; how far it is, is shown."""
        with eval_progress("answers") as progress:
            yield How(
                jobs=self.jobs,
                max_cost=self.max_cost,
                max_tokens=self.max_tokens,
                progress=progress,
            )


def judge(
    a: Annotated[str | None, typer.Argument(metavar="[RUN[:VARIANT]]")] = None,
    b: Annotated[str | None, typer.Argument(metavar="[RUN[:VARIANT]]")] = None,
    *,
    model: Annotated[str, typer.Option("--model", "-m")],
    against: Annotated[Path | None, typer.Option(metavar="LABELS.jsonl")] = None,
    save: bool = False,
    votes: Annotated[int, typer.Option(min=1, max=25)] = 1,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    options: JudgeOptions,
) -> None:
    """Ask a model which claims follow from the article, and which key facts are told.

    With two runs or variants: which summary it prefers, asked in both orders. With --against, it
    also judges what people checked (`eval label`). What was answered is not asked again. Prints
    the folder, or the preferences; `eval score` reads the rest.

    Exit code: 0 judged, 12 less than 98 % of the answers are there.

    Args:
        a: The run to judge, or one of its variants.
        b: A second one: which of the two is preferred?
        model: The judge; of another family than what it judges.
        against: How far it agrees with these labels; takes its errors off the means of RUN.
        save: With --against: put it on record for gates, in evals/.
        votes: Answers to each question.
        as_json: Write preferences as a list of JSON reports.
    """
    names = [name for name in (a, b) if name]
    if not names and against is None:
        raise typer.BadParameter("name a RUN, or --against LABELS.jsonl")
    if save and against is None:
        raise typer.BadParameter("--save takes --against LABELS.jsonl: what is put on record")
    if b and against:
        raise typer.BadParameter("--against takes one RUN, or none")
    more = {"votes": votes if votes > 1 else None, "limit": options.limit, "against": against}
    again = options.again("judge", *names, model=model, save=save, **more)
    with options.opened(model, again, in_log=not against) as asked:
        runs = _runs(names, asked, votes=votes, limit=options.limit) if names else []
        test = None
        if against:
            test = reliability.ReliabilityTest(
                against, asked, settings=options.settings(model=model)
            )
        for warning in dict.fromkeys(one for run in runs for one in run.warnings):
            console.show_warning(warning)
        if options.dry_run:
            missing = [one for run in runs for one in run.missing.values()]
            missing += test.inquiries.values() if test else []
            console.echo(needs(asked, missing))
            return
        with options.asking() as how:
            reports = [run.run(how) for run in runs]
            if test:
                spent = [usage for run in runs for usage in run.spent]
                reliable, asked_of = test.run(how, spent=spent)
                reports.append(asked_of)
        preferred = [run.report() for run in runs if isinstance(run, PairRun)]
    if test:
        kept = save and is_enough([asked_of])
        _tell_reliability(reliable, test, run=a, save=kept, as_json=as_json)
    if b:
        texts = [console.filled("preferences.txt.j2", found=one) for one in preferred]
        console.show_found(preferred, ["\n\n".join(texts)], as_json=as_json)
    elif a and not (test and as_json):
        console.echo(str(run_variants(a)[0].path))
    tell_end(reports, again, missing="which leave their digests unscored")


def _runs(
    names: Sequence[str], judge: Judge, *, votes: int, limit: int | None
) -> list[JudgeRun | PairRun]:
    """What is to be judged: the digests of one run, or pairs of two."""
    sides = [run_variants(name) for name in names]
    if len(sides) == 1:
        folder, variants = sides[0]
        return [JudgeRun(folder, judge, variants=variants, votes=votes, limit=limit)]
    return [PairRun(a, b, judge, votes=votes, limit=limit) for a, b in judged_pairs(*sides)]


def _own_cache(again: str) -> Path:
    """Where the answers of a command are that does not use the response cache."""
    return Path("runs") / f"answers-{hashlib.sha256(again.encode()).hexdigest()[:12]}"


def needs(judge: Judge, missing: Collection[Inquiry]) -> str:
    """What the missing answers need, for people."""
    found = estimate(judge, missing)
    return (
        f"{judge.client.model.name}: {len(missing):,} answers, about {found.requests:,} requests, "
        f"{found.prompt_tokens:,} prompt tokens, {found.completion_tokens:,} completion tokens, "
        f"{console.priced(found.cost_usd)}"
    )


def is_enough(reports: Sequence[Report]) -> bool:
    """Whether so many of the answers are there that the others decide nothing."""
    return sum(r.made for r in reports) >= COMPLETE * sum(r.total for r in reports)


def tell_end(reports: Sequence[Report], again: str, *, missing: str) -> None:
    """Tell what is there, and exit with 12 where too much is missing.

    Args:
        reports: of all that was asked.
        again: the command that goes on.
        missing: what failures mean.
    """
    total, made = sum(r.total for r in reports), sum(r.made for r in reports)
    failed, spent = sum(r.failed for r in reports), reports[-1].cost_usd
    cost = f", {dollars(spent)}" if spent else ""
    console.say(
        f"{made:,} of {total:,} answers, {failed:,} failures{f', {missing}' * bool(failed)}{cost}"
    )
    stopped = next((report.stopped for report in reports if report.stopped), None)
    say_stopped(stopped, again, KEPT)
    if not is_enough(reports):
        raise typer.Exit(console.INCOMPLETE_EXIT)
    if not stopped:
        shutil.rmtree(_own_cache(again), ignore_errors=True)


def _tell_reliability(
    found: reliability.Reliability,
    test: reliability.ReliabilityTest,
    *,
    run: str | None,
    save: bool,
    as_json: bool,
) -> None:
    """Show it, with the means of a run that the judge's errors are taken off; put it on record."""
    folder = run_variants(run)[0] if run else None
    judge = found.panel.judge.name
    means = reliability.corrected_means(folder, test.rows, judge=judge) if folder else []
    doubt = found.doubt(reliability.TENTATIVE)
    record = found.model_dump(mode="json") | {"doubt": doubt}
    record["means"] = [
        {**one._asdict(), "corrected": one.corrected._asdict() if one.corrected else None}
        for one in means
    ]
    rows = [("", "value", "95 % interval", "statements")]
    for name, one in (
        ("the same as people (agreement)", found.agreement),
        ("finds what people call wrong (TPR)", found.found),
        ("calls wrong what people call right (FPR)", found.false_alarms),
    ):
        figures = (number(one.value), interval(one.low, one.high), f"{one.n:,}") if one else _NONE
        rows.append((name, *figures))
    rows.append(("beyond chance (alpha)", number(found.alpha), interval(found.low, found.high), ""))
    least = {"least": reliability.TENTATIVE, "least_labelled": LEAST_LABELLED}
    shown = console.filled(
        "reliability.txt.j2", found=found, rows=rows, doubt=doubt, means=means, **least
    )
    console.show_found(record, [shown], as_json=as_json)
    if save:
        console.say(f"on record in {put_on_record(found)}")
