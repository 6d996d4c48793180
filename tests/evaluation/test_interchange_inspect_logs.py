"""Inspect logs of others: what is paired, what counts as a score, and what is refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inspect_logs import IDS, header, samples, write_eval, write_json, write_zip, write_zstandard

from summarizer.errors import ConfigurationError, MissingExtraError
from summarizer.evaluation.compare.comparison import Compared, Comparison
from summarizer.evaluation.interchange import result_files
from summarizer.evaluation.interchange.compare_files import Choices, compare_files, is_foreign
from summarizer.evaluation.interchange.inspect_logs import read_inspect_log
from summarizer.evaluation.stats.interval import paired_difference

GOOD = [1.0, 0.5, 0.75, 1.0, 0.5, 1.0, 0.75, 1.0]
BAD = [0.75, 0.25, 0.5, 0.75, 0.25, 0.75, 0.5, 0.75]


def compared(a: Path, b: Path, **choices: Any) -> Comparison:
    (found,) = compare_files(str(a), str(b), Choices(**choices))
    return found


def row(found: Comparison, name: str) -> Compared:
    return next(row for row in found.metrics if row.metric == name)


def scores_of(path: Path) -> dict[str, Any]:
    (variant,) = read_inspect_log(path).variants.values()
    return dict(variant.samples)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return write_eval(tmp_path / "good.eval", samples({"f1": GOOD}))


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    return write_eval(tmp_path / "bad.eval", samples({"f1": BAD}))


def test_a_planted_difference_is_found(good: Path, bad: Path) -> None:
    found = row(compared(good, bad), "f1")

    assert found.difference == pytest.approx(-0.25)
    assert (found.wins, found.losses, found.conclusion) == (0, 8, "worse")
    assert found.p == pytest.approx(2 / 2**8)


def test_a_log_is_the_same_as_itself(good: Path) -> None:
    found = compared(good, good)

    assert all(row.difference == 0 and row.conclusion == "same" for row in found.metrics)
    assert found.complete
    assert found.notes == ()


def test_the_order_of_samples_does_not_matter(good: Path, tmp_path: Path) -> None:
    other = write_eval(tmp_path / "b.eval", samples({"f1": GOOD})[::-1])

    assert row(compared(good, other), "f1").losses == 0


def test_a_json_log_says_the_same_as_an_eval_log(tmp_path: Path) -> None:
    long = {"input": [{"role": "user", "content": "x" * 9_000, "id": "one"}]}
    full = write_json(tmp_path / "full.json", samples({"f1": GOOD}, **long))
    cut = [{"role": "user", "content": "x" * 5_120 + "...\n(content truncated)", "id": "two"}]
    short = write_eval(tmp_path / "short.eval", samples({"f1": GOOD}, input=cut))

    assert scores_of(full) == scores_of(short)
    assert compared(full, short).articles == 8


def test_zstandard_is_read(good: Path, tmp_path: Path) -> None:
    entries = {"header.json": header(), "summaries.json": samples({"f1": GOOD})}
    packed = {name: json.dumps(data).encode() for name, data in entries.items()}

    assert scores_of(write_zstandard(tmp_path / "z.eval", packed)) == scores_of(good)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python reads it itself")
def test_zstandard_that_is_not_installed_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "backports", None)
    path = write_zstandard(tmp_path / "z.eval", {"header.json": b"{}"})

    with pytest.raises(MissingExtraError, match="needs the extra 'inspect'"):
        read_inspect_log(path)


def test_a_log_whose_eval_did_not_end_is_read_from_its_journal(tmp_path: Path) -> None:
    start = header()
    del start["status"]
    rows = samples({"f1": GOOD})
    path = write_zip(
        tmp_path / "a.eval",
        {
            "_journal/start.json": json.dumps(start),
            "_journal/summaries/10.json": json.dumps([{**rows[0], "scores": {"f1": {"value": 0}}}]),
            "_journal/summaries/2.json": json.dumps(rows[:3]),
        },
    )
    found = read_inspect_log(path)
    (variant,) = found.variants.values()

    assert (variant.made, variant.expected) == (3, 8)
    assert variant.samples["a"].epochs[0]["f1"] == 0  # type: ignore[index]
    assert found.notes == ("the eval's status is 'started'",)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("C", 1), ("I", 0), ("P", 0.5), ("N", 0), ("yes", 1), ("False", 0), ("0.25", 0.25),
        (True, 1), (False, 0), (3, 3), (-0.5, -0.5), (float("nan"), None), (float("inf"), None),
        (10**400, None), ("essay", None), ([1, 2], None), (None, None),
    ],
)  # fmt: skip
def test_a_score_as_a_number(value: Any, number: float | None, tmp_path: Path) -> None:
    rows = samples({"x": [value, 1]}, ids=["a", "b"])
    path = write_eval(tmp_path / "a.eval", rows, header(ids=["a", "b"]))

    assert scores_of(path)["a"].epochs[0]["x"] == number


def test_a_scorer_with_several_values_is_several_metrics(tmp_path: Path) -> None:
    path = write_eval(tmp_path / "a.eval", samples({"parts": [{"x": 1, "y": None}] * 8}))

    assert read_inspect_log(path).metrics == ["parts.x", "usage.seconds", "usage.tokens"]


def test_what_is_unscored_is_left_out_and_counted(good: Path, tmp_path: Path) -> None:
    other = write_eval(tmp_path / "b.eval", samples({"f1": [float("nan"), *GOOD[1:]]}))
    found = compared(good, other)

    assert (row(found, "f1").n, row(found, "f1").difference) == (7, 0)
    assert found.notes == ("f1: unscored are 0 results of A, 1 of B",)
    assert found.complete


def test_scores_that_are_words_are_said(tmp_path: Path) -> None:
    rows = samples({"f1": GOOD, "review": ["fine"] * 8})
    path = write_eval(tmp_path / "a.eval", rows)

    assert compared(path, path).notes[0] == "A: 8 scores of review are no numbers"


def test_a_sample_that_is_there_twice_is_named(tmp_path: Path) -> None:
    rows = samples({"f1": GOOD})
    path = write_json(tmp_path / "a.json", [*rows, {**rows[0], "scores": {"f1": {"value": 0}}}])

    assert read_inspect_log(path).notes == (
        "sample 'a' is there 2 times in epoch 1: the last counts",
    )


def test_epochs_are_averaged_within_the_sample(good: Path, tmp_path: Path) -> None:
    rows = samples({"f1": GOOD}, epoch=2) + samples({"f1": BAD}, epoch=1)
    path = write_eval(tmp_path / "b.eval", rows, header(epochs=2))
    found = row(compared(good, path), "f1")

    assert found.n == 8
    assert found.difference == pytest.approx(-0.125)


def test_samples_that_failed_are_missing_not_zero(good: Path, tmp_path: Path) -> None:
    path = write_eval(tmp_path / "b.eval", samples({"f1": [..., *GOOD[1:]]}))
    found = compared(good, path)

    assert (found.made_a, found.made_b, found.complete) == (1, 7 / 8, False)
    assert row(found, "f1").difference == 0
    assert row(found, "f1").worst == pytest.approx(-1 / 8)


def test_a_sample_that_failed_is_missing_though_it_was_scored(good: Path, tmp_path: Path) -> None:
    rows = samples({"f1": GOOD})
    rows[0] |= {"scores": {"f1": {"value": "I"}}, "error": {"message": "no"}}
    found = compared(good, write_json(tmp_path / "b.json", rows))

    assert (found.made_b, row(found, "f1").difference) == (7 / 8, 0)


def test_samples_that_were_never_begun_are_missing(good: Path, tmp_path: Path) -> None:
    path = write_eval(tmp_path / "b.eval", samples({"f1": GOOD})[:6], header(status="error"))
    found = compared(good, path)

    assert (found.articles, found.made_b, found.complete) == (8, 6 / 8, False)
    assert found.notes == ("B: the eval's status is 'error'",)


def test_bounds_are_for_scores_from_0_to_1(tmp_path: Path) -> None:
    a = write_eval(tmp_path / "a.eval", samples({"words": list(range(8))}))
    b = write_eval(tmp_path / "b.eval", samples({"words": [..., *range(1, 8)]}))

    assert row(compared(a, b), "words").worst is None


def test_seconds_have_no_bounds_however_few_they_are(good: Path, tmp_path: Path) -> None:
    b = write_eval(tmp_path / "b.eval", samples({"f1": [..., *GOOD[1:]]}))

    seconds = row(compared(good, b), "usage.seconds")
    assert (seconds.worst, seconds.best) == (None, None)


def test_the_cluster_is_a_key_of_the_metadata(good: Path, tmp_path: Path) -> None:
    other = write_eval(tmp_path / "b.eval", samples({"f1": [*BAD[:2], *GOOD[2:]]}))
    found = row(compared(good, other, cluster="story"), "f1")
    interval = paired_difference([-0.25, -0.25, 0, 0, 0, 0, 0, 0], clusters=list("xxyyzzww"))

    assert found.clusters == 4
    assert (found.low, found.high) == (pytest.approx(interval.low), pytest.approx(interval.high))


def test_a_cluster_that_nothing_has_is_refused(good: Path, bad: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no sample of .*good\.eval' has 'author'"):
        compared(good, bad, cluster="author")


def test_less_is_better_where_the_user_says_so(good: Path, bad: Path) -> None:
    assert row(compared(good, bad, lower=["f1"]), "f1").conclusion == "better"


def test_the_metrics_that_decide_can_be_named(tmp_path: Path) -> None:
    a = write_eval(tmp_path / "a.eval", samples({"f1": GOOD, "em": GOOD}))
    b = write_eval(tmp_path / "b.eval", samples({"f1": BAD, "em": BAD}))

    assert [row(compared(a, b), name).p_adjusted for name in ("f1", "em")] == [4 / 2**8] * 2
    found = compared(a, b, metrics=["em"])
    assert (found.metrics[0].metric, found.metrics[0].p_adjusted) == ("em", 2 / 2**8)
    assert row(found, "f1").p_adjusted is None


def test_a_metric_that_one_log_lacks_is_named(good: Path, tmp_path: Path) -> None:
    other = write_eval(tmp_path / "b.eval", samples({"f1": GOOD, "em": GOOD}))

    assert compared(good, other).notes == ("only B has em",)
    with pytest.raises(ConfigurationError, match="no metric 'em' in both"):
        compared(good, other, metrics=["em"])


def test_logs_without_a_metric_in_common_are_refused(good: Path, tmp_path: Path) -> None:
    other = write_eval(tmp_path / "b.eval", samples({"em": GOOD}))

    with pytest.raises(ConfigurationError, match="no metric is in both"):
        compared(good, other)


def test_other_questions_under_the_same_ids_are_refused(good: Path, tmp_path: Path) -> None:
    other = write_eval(tmp_path / "b.eval", samples({"f1": GOOD}, input="Something else"))

    with pytest.raises(ConfigurationError, match=r"0 samples are the same .* 8 more") as caught:
        compared(good, other)
    assert "--by-id" in str(caught.value.hint)
    assert compared(good, other, by_id=True).articles == 8


def test_too_few_samples_in_common_are_refused_but_for_the_asking(
    good: Path, tmp_path: Path
) -> None:
    ids = [*IDS[:4], *"wxyz"]
    other = write_eval(tmp_path / "b.eval", samples({"f1": GOOD}, ids=ids), header(ids=ids))

    with pytest.raises(ConfigurationError, match=r"4 samples are the same .* \(8\)"):
        compared(good, other)
    found = compared(good, other, partly=True)
    assert (found.articles, len(found.absent)) == (4, 8)


def test_no_sample_in_common_is_always_refused(good: Path, tmp_path: Path) -> None:
    ids = list("stuvwxyz")
    other = write_eval(tmp_path / "b.eval", samples({"f1": GOOD}, ids=ids), header(ids=ids))

    with pytest.raises(ConfigurationError, match="0 samples are the same"):
        compared(good, other, partly=True)


def test_a_part_of_a_dataset_is_compared_with_the_whole(good: Path, tmp_path: Path) -> None:
    rows = samples({"f1": BAD[:4]}, ids=IDS[:4])
    part = write_eval(tmp_path / "b.eval", rows, header(ids=IDS[:4]))
    found = compared(good, part)

    assert (found.articles, found.absent, found.complete) == (4, tuple(IDS[4:]), True)


def test_a_log_without_scores_is_refused(tmp_path: Path) -> None:
    path = write_eval(tmp_path / "a.eval", samples({}))

    with pytest.raises(ConfigurationError, match=r"no sample of .* has a score") as caught:
        read_inspect_log(path)
    assert caught.value.hint == "inspect score FILE"


# Files that somebody made to do harm, or that a disk damaged.


def test_one_id_with_two_inputs_is_no_other_sample(tmp_path: Path, good: Path) -> None:
    rows = samples({"f1": GOOD}) + samples({"f1": GOOD}, epoch=2, input="Another")
    path = write_eval(tmp_path / "a.eval", rows)

    with pytest.raises(ConfigurationError, match="0 samples are the same"):
        compared(good, path)


@pytest.mark.parametrize("version", [1, 3, -1])
@pytest.mark.parametrize("write", [write_eval, write_json])
def test_another_version_is_refused(version: int, write: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "log", samples({"f1": GOOD}), header(version=version))

    with pytest.raises(ConfigurationError, match=f"version {version} of Inspect's log format"):
        read_inspect_log(path)


@pytest.mark.parametrize("method", ["deflate", "zstandard"])
def test_a_zip_bomb_is_refused_early(
    method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(result_files, "MAX_BYTES", 20_000)
    bomb = b"[" + b" " * 5_000_000 + b"]"
    entries = {"header.json": json.dumps(header()).encode(), "summaries.json": bomb}
    write = write_zip if method == "deflate" else write_zstandard
    path = write(tmp_path / "bomb.eval", entries)  # type: ignore[operator]

    assert path.stat().st_size < 20_000
    with pytest.raises(ConfigurationError, match="holds more than"):
        read_inspect_log(path)


def test_many_small_entries_are_counted_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(result_files, "MAX_BYTES", 10_000)
    entries = {f"_journal/summaries/{n}.json": "[" + " " * 900 + "]" for n in range(20)}
    path = write_zip(tmp_path / "a.eval", {"_journal/start.json": json.dumps(header()), **entries})

    with pytest.raises(ConfigurationError, match="holds more than"):
        read_inspect_log(path)


def test_a_json_log_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(result_files, "MAX_BYTES", 1_000)
    path = write_json(tmp_path / "a.json", samples({"f1": GOOD}))

    with pytest.raises(ConfigurationError, match="holds more than") as caught:
        read_inspect_log(path)
    assert "inspect log convert" in str(caught.value.hint)


def test_names_of_entries_lead_nowhere(tmp_path: Path) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    rows = samples({"f1": GOOD}, ids=["../../etc", *IDS[1:]])
    entries = {
        "../../outside.json": "{}",
        "/etc/absolute.json": "{}",
        "header.json": json.dumps(header(ids=["../../etc", *IDS[1:]])),
        "summaries.json": json.dumps(rows),
        "_journal/summaries/../../../x.json": "not read",
    }
    before = sorted(tmp_path.rglob("*"))
    path = write_zip(folder / "a.eval", entries)

    assert "../../etc" in scores_of(path)
    assert sorted(tmp_path.rglob("*")) == sorted([*before, path])


def test_an_encrypted_entry_is_refused(good: Path) -> None:
    data = bytearray(good.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    good.write_bytes(bytes(data))

    with pytest.raises(ConfigurationError, match=r"cannot be read here: .* is encrypted"):
        read_inspect_log(good)


def test_an_unknown_compression_is_refused(good: Path) -> None:
    data = bytearray(good.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        data[data.index(mark) + offset] = 98
    good.write_bytes(bytes(data))

    with pytest.raises(ConfigurationError, match="compression method is not supported"):
        read_inspect_log(good)


def test_a_wrong_checksum_is_damage(tmp_path: Path) -> None:
    path = write_zstandard(
        tmp_path / "z.eval", {"header.json": json.dumps(header()).encode()}, wrong_sum=True
    )

    with pytest.raises(ConfigurationError, match=r"is damaged, .*: Bad CRC-32"):
        read_inspect_log(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Invalid JSON"),
        ("[" * 100_000, "is damaged"),
        ("[]", "is damaged"),
        ('{"version": 2, "eval": {"task": "t"}}', r"eval.model: it is missing"),
        ('{"version": 2, "eval": {"task": "t", "model": "m"}, "samples": [{"id": {}}]}', "id"),
        ('{"version": "two"}', "version"),
        ('{"version": 2, "status": "\ud800"}', "is damaged"),
    ],
)
def test_damaged_json_is_said_to_be(text: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(text.encode(errors="surrogatepass"))

    with pytest.raises(ConfigurationError, match=problem) as caught:
        read_inspect_log(path)
    assert len(str(caught.value)) < 500 + len(str(path))


@settings(deadline=None)
@given(data=st.binary(max_size=200), head=st.sampled_from([b"", b"PK\x03\x04", b'{"version": 2, ']))
def test_no_bytes_are_a_crash(
    data: bytes, head: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "random.eval"
    path.write_bytes(head + data)

    with pytest.raises(ConfigurationError):
        read_inspect_log(path)


@pytest.mark.parametrize("cut", [10, 100, 300, -30])
def test_a_torn_file_is_damaged(cut: int, good: Path) -> None:
    good.write_bytes(good.read_bytes()[:cut])

    with pytest.raises(ConfigurationError, match="damaged"):
        read_inspect_log(good)


def test_a_flipped_byte_anywhere_is_an_error_or_read(good: Path, tmp_path: Path) -> None:
    data = good.read_bytes()
    for place in range(0, len(data), 7):
        broken = tmp_path / "broken.eval"
        broken.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
        try:
            read_inspect_log(broken)
        except ConfigurationError:
            continue


def test_absurd_numbers_of_epochs_are_refused(tmp_path: Path) -> None:
    path = write_eval(tmp_path / "a.eval", samples({"f1": GOOD}), header(epochs=10**9))

    with pytest.raises(ConfigurationError, match="too many"):
        read_inspect_log(path)


def test_a_zip_of_something_else_is_no_log(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"readme.txt": "hello"})

    assert is_foreign(str(path))
    with pytest.raises(ConfigurationError, match="no Inspect log"):
        read_inspect_log(path)


@pytest.mark.parametrize("name", ["run", "baseline.json", "missing.eval", "missing.json:variant"])
def test_what_is_no_log(name: str, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "baseline.json").write_text('{\n "format": 1,\n "suite": "news"}')

    assert not is_foreign(str(tmp_path / name))


_NO_NUMBERS = (float("nan"), float("inf"), 1e308, 10**400)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        *[("f1", {"scores": {"f1": {"value": odd}}}) for odd in _NO_NUMBERS],
        *[(result_files.SECONDS, {"total_time": odd}) for odd in _NO_NUMBERS],
        *[(result_files.COST, {"model_usage": {"m": {"total_cost": odd}}}) for odd in _NO_NUMBERS],
        (result_files.TOKENS, {"model_usage": {"m": {"total_tokens": 10**400}}}),
    ],
)
def test_numbers_that_measure_nothing_are_unscored(
    tmp_path: Path, good: Path, name: str, changes: dict[str, Any]
) -> None:
    found = samples({"f1": GOOD})
    found[0].update(changes)
    odd = write_json(tmp_path / "odd.json", found)

    compared(good, odd)

    assert scores_of(odd)["a"].epochs[0][name] is None
