"""Tables of scores, which any tool can write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from summarizer.errors import ConfigurationError
from summarizer.evaluation.compare.comparison import Comparison
from summarizer.evaluation.interchange.compare_files import Choices, compare_files, is_foreign
from summarizer.evaluation.interchange.result_files import read_table


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_columns_of_numbers_are_metrics(tmp_path: Path) -> None:
    path = write(
        tmp_path / "before.jsonl",
        {"id": "a", "f1": 0.5, "exact": True, "model": "m", "usage.seconds": 2},
        {"id": "b", "f1": None, "exact": "no", "model": "m", "usage.seconds": 3},
    )
    found = read_table(path)

    assert found.metrics == ["f1", "exact", "usage.seconds"]
    assert list(found.variants) == ["before"]
    (a,), (b,) = (sample.epochs for sample in found.variants["before"].samples.values())
    assert a == {"f1": 0.5, "exact": 1.0, "usage.seconds": 2.0}
    assert b == {"f1": None, "exact": 0.0, "usage.seconds": 3.0}


def test_rows_of_one_id_are_epochs_and_what_is_short_of_them_is_missing(tmp_path: Path) -> None:
    rows = [{"id": 1, "f1": 0.5}, {"id": 1, "f1": 1}, {"id": 2, "f1": 1}]
    samples = read_table(write(tmp_path / "a.jsonl", *rows)).variants["a"].samples

    assert samples["1"].epochs == ({"f1": 0.5}, {"f1": 1.0})
    assert samples["2"].epochs == ({"f1": 1.0}, None)


def test_an_id_that_has_more_rows_than_others_is_named(tmp_path: Path) -> None:
    rows = [{"id": n, "f1": 1} for n in (1, 2, 3, 2)]

    assert read_table(write(tmp_path / "a.jsonl", *rows)).notes == (
        "'2' has 2 rows (epochs), and 2 ids have fewer",
    )


def test_a_csv_says_the_same_as_json_lines(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,f1,note\na,0.5,\nb,,x\n")
    lines = write(tmp_path / "a.jsonl", {"id": "a", "f1": 0.5}, {"id": "b", "f1": None})

    assert read_table(tmp_path / "a.csv").variants == read_table(lines).variants


@pytest.mark.parametrize("word", ["n/a", "NA", "None", "null", "-", " "])
def test_words_for_no_value_are_unscored(word: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"id,f1\na,0.5\nb,{word}\n")
    (found,) = compare_files(*[str(tmp_path / "a.csv")] * 2, Choices())

    assert [(row.metric, row.n) for row in found.metrics] == [("f1", 1)]
    assert found.notes == ("f1: unscored are 1 results of A, 1 of B",)


@pytest.mark.parametrize("value", ["50%", '"0,5"', "good"])
def test_a_column_with_a_value_that_is_no_number_is_left_out_and_said(
    value: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"id,f1,em,note\na,0.5,1,x\nb,{value},0,y\n")
    found = read_table(path)

    assert found.metrics == ["em"]
    shown = value.strip('"')
    assert found.notes == (f"f1 is not compared: {path}:3 has '{shown}', which is no number",)


def test_an_id_may_be_written_in_capitals(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ID,f1\na,0.5\n")

    assert list(read_table(tmp_path / "a.csv").variants["a"].samples) == ["a"]
    assert read_table(tmp_path / "a.csv").metrics == ["f1"]


def test_tables_are_paired_by_id_and_clustered(tmp_path: Path) -> None:
    before = [{"id": n, "f1": n / 10, "event": n // 2} for n in range(8)]
    after = [{**row, "f1": row["f1"] - 0.1} for row in before[::-1]]
    a, b = write(tmp_path / "a.jsonl", *before), write(tmp_path / "b.jsonl", *after)

    assert is_foreign(str(a))
    (found,) = compare_files(str(a), str(b), Choices(cluster="event"))

    (row,) = found.metrics
    assert (row.metric, row.n, row.clusters, row.losses) == ("f1", 8, 4, 8)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"f1": 1}\n', "the row has no 'id'"),
        ('{"id": "a", "note": "x"}\n', "no column of .* holds numbers"),
        ("not json\n", "a.jsonl"),
        ("", "has no rows"),
    ],
)
def test_what_is_no_table_of_scores_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "a.jsonl").write_text(text)

    with pytest.raises(ConfigurationError, match=problem):
        read_table(tmp_path / "a.jsonl")


def compared(tmp_path: Path, before: list[Any], after: list[Any], **choices: Any) -> Comparison:
    """Two tables of one metric, whose ids are the places in the list; ``...`` is no row."""
    names = []
    for name, values in (("a", before), ("b", after)):
        rows = [{"id": n, "q": value} for n, value in enumerate(values) if value is not ...]
        names.append(str(write(tmp_path / f"{name}.jsonl", *rows)))
    return compare_files(*names, Choices(**choices))[0]


@pytest.mark.parametrize("scale", [1, 5, 100])
def test_on_whatever_scale_samples_that_only_one_is_scored_on_let_nothing_ship(
    scale: float, tmp_path: Path
) -> None:
    before = [scale * (0.1 + n % 5 / 10) for n in range(40)]
    after = [value + 0.3 * scale if n < 10 else None for n, value in enumerate(before)]
    found = compared(tmp_path, before, after)

    assert found.metrics[0].one_sided == 30
    assert found.decision.outcome == "incomplete"


def test_rows_that_a_table_lacks_are_missing(tmp_path: Path) -> None:
    before, after = [0.1] * 40, [0.9] * 10 + [...] * 30

    with pytest.raises(ConfigurationError, match="10 samples are the same") as caught:
        compared(tmp_path, before, after)
    assert "--allow-incomplete" in str(caught.value.hint)
    assert compared(tmp_path, before, after, partly=True).articles == 10


def test_tables_without_an_id_in_common_are_told_by_their_ids(tmp_path: Path) -> None:
    names = [
        str(write(tmp_path / f"{n}.jsonl", {"id": id_, "q": 1}))
        for n, id_ in enumerate(("\u00e9", "e\u0301"))  # they look alike
    ]
    with pytest.raises(ConfigurationError, match="0 samples are the same") as caught:
        compare_files(*names, Choices(partly=True))

    assert str(caught.value.hint) == (
        r"the ids of A begin with ['\xe9'], those of B with ['e\u0301']"
    )


def test_a_file_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    table = write(tmp_path / "a.jsonl", {"id": 1, "q": 1})

    with pytest.raises(ConfigurationError, match=r"there is no file .*b\.csv"):
        compare_files(str(table), str(tmp_path / "b.csv"), Choices())


def test_a_column_without_a_value_is_said_to_be_empty(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", {"id": 1, "q": None, "note": "x"})

    with pytest.raises(ConfigurationError, match=r"holds numbers: q \(empty\), note$"):
        read_table(path)
