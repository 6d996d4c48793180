from __future__ import annotations

import json
import tracemalloc
from datetime import date
from pathlib import Path

import pytest
from growth import assert_linear

from summarizer.articles import Source, expand
from summarizer.articles.rows import read_rows
from summarizer.errors import NotAnArticleError, SourceError
from summarizer.settings import Settings

TEXT = "The council voted for the new plan on Monday after a debate of nine hours, 31 to 22."
SETTINGS = Settings()


def rows(path: Path, content: str | bytes, *, text_field: str | None = None) -> list[Source]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(expand([str(path)], settings=SETTINGS, text_field=text_field))


def test_fields_of_a_json_row(tmp_path: Path) -> None:
    record = {"Text": TEXT, "title": "Plan passed", "date": "2021-05-03", "authors": ["A", "B"],
              "lang": "en-GB", "url": "https://news.example/plan"}  # fmt: skip
    (source,) = rows(tmp_path / "a.jsonl", json.dumps(record))

    article = source.load()

    assert source.name == f"{tmp_path}/a.jsonl:1"
    assert (article.text, article.title, article.author) == (TEXT, "Plan passed", "A, B")
    assert article.published == date(2021, 5, 3)
    assert (article.language, article.source) == ("en", "https://news.example/plan")


def test_fields_of_a_csv_row(tmp_path: Path) -> None:
    content = f'\ufeffheadline;body;date\r\n"Plan; passed";"{TEXT}\r\n\r\n{TEXT}";3 May 2021\r\n'
    (source,) = rows(tmp_path / "a.csv", content)

    article = source.load()

    assert source.name == f"{tmp_path}/a.csv:2"
    assert article.text == f"{TEXT}\n\n{TEXT}"
    assert (article.title, article.published) == ("Plan; passed", date(2021, 5, 3))


def test_names_of_fields_may_have_spaces(tmp_path: Path) -> None:
    (source,) = rows(tmp_path / "a.csv", f'text,Publication Date\n"{TEXT}",3 May 2021\n')
    assert source.load().published == date(2021, 5, 3)


def test_fields_may_have_the_names_of_other_languages(tmp_path: Path) -> None:
    content = f'publisert;tittel;brødtekst\n20.12.2017 05:58;Fyret får strøm;"{TEXT}"\n'
    (source,) = rows(tmp_path / "a.csv", content)
    article = source.load()
    assert (article.title, article.published) == ("Fyret får strøm", date(2017, 12, 20))


def test_a_csv_row_is_named_by_the_line_it_starts_at(tmp_path: Path) -> None:
    found = rows(tmp_path / "a.csv", f'text\n"{TEXT}\n\n{TEXT}"\n{TEXT.replace(",", "")}\n')

    assert [source.name.rpartition(":")[2] for source in found] == ["2", "5"]


def test_the_text_field_can_be_named(tmp_path: Path) -> None:
    row = json.dumps({"text": "no", "Story": TEXT})
    (source,) = rows(tmp_path / "a.jsonl", row, text_field="story")

    assert source.load().text == TEXT


@pytest.mark.parametrize("above", ["\n\n", "sep=;\r\n", ";;\n\n", "\ufeff\r\nsep=;\r\n"])
def test_what_stands_above_a_table_counts_as_lines_alone(tmp_path: Path, above: str) -> None:
    (source,) = rows(tmp_path / "a.csv", f"{above}headline;body\nPlan;{TEXT}\n")

    assert (source.load().title, source.load().text) == ("Plan", TEXT)
    assert source.name.endswith(f"a.csv:{above.count(chr(10)) + 2}")


def test_a_broken_row_fails_alone(tmp_path: Path) -> None:
    lines = [json.dumps({"text": TEXT}), '{"text": ', "[1]", "", json.dumps({"text": 5}),
             json.dumps({"text": ""}), json.dumps({"body": TEXT})]  # fmt: skip
    found = rows(tmp_path / "a.jsonl", "\n".join(lines))

    outcomes = []
    for source in found:
        try:
            outcomes.append(source.load().text)
        except SourceError as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[-1] == TEXT
    assert "a.jsonl:2' is not valid JSON" in outcomes[1]
    assert "a.jsonl:3' is [1], not" in outcomes[2]
    assert "'text' of" in outcomes[3]
    assert "is empty" in outcomes[4]
    assert len(outcomes) == 6


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("null", "a.jsonl:2' is null, not a JSON object"),
        ('["a"]', 'a.jsonl:2\' is ["a"], not a JSON object'),
        ('{"text": 12.5}', "a.jsonl:2' is 12.5, not text"),
    ],
)
def test_a_row_of_another_kind_is_told_as_it_is_written(
    tmp_path: Path, line: str, told: str
) -> None:
    _, wrong = rows(tmp_path / "a.jsonl", f"{json.dumps({'text': TEXT})}\n{line}\n")

    with pytest.raises(SourceError) as error:
        wrong.load()
    assert told in str(error.value)


def test_a_row_in_another_encoding_fails_alone(tmp_path: Path) -> None:
    good = json.dumps({"text": TEXT}).encode()
    # Beyond what is looked at to find the file's encoding.
    content = good + b"\n" * 300_000 + '{"text": "Ein Satz über Brücken"}'.encode("cp1252")
    first, second = rows(tmp_path / "a.jsonl", content)

    assert first.load().text == TEXT
    with pytest.raises(SourceError, match="not in the encoding of its file"):
        second.load()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings_of_tables(tmp_path: Path, encoding: str) -> None:
    text = "Die Bürgermeisterin eröffnete am Dienstag die neue Brücke über den großen Fluss."
    for number, content in enumerate((f"text\n{text}\n", f'{{"text": "{text}"}}\n')):
        path = tmp_path / f"a{number}{('.csv', '.jsonl')[number]}"
        (source,) = rows(path, content.encode(encoding))
        assert source.load().text == text


def test_a_missing_field_names_what_there_is(tmp_path: Path) -> None:
    (source,) = rows(tmp_path / "a.csv", f"id,tale\n1,{TEXT.replace(',', '')}\n")

    with pytest.raises(SourceError, match=r"a\.csv:2' has no field") as caught:
        source.load()
    assert caught.value.hint == "--text-field NAME, one of: id, tale"


def test_fields_with_names_of_their_own_are_told_by_their_values(tmp_path: Path) -> None:
    story = f"{TEXT} It was the last meeting before the summer. " * 3
    head = "nr;kop_krt;dd_mm;dsk;hfd_tkst;rcht"
    row = f'77;Council votes for the plan;21/03/2026;Ann Lee;"{story}";(c) Haldane Post'
    (source,) = rows(tmp_path / "a.csv", f"{head}\n{row}\n")

    article = source.load()

    assert article.text == story.strip()
    assert (article.title, str(article.published)) == ("Council votes for the plan", "2026-03-21")


@pytest.mark.parametrize(("suffix", "separator"), [("csv", ","), ("csv", ";"), ("tsv", "\t")])
@pytest.mark.parametrize("more", [(), ("21/03/2026",), ("https://news.example/plan", "Ann Lee")])
def test_a_first_row_that_is_an_article_is_no_header(
    tmp_path: Path, suffix: str, separator: str, more: tuple[str, ...]
) -> None:
    stories = [f"{TEXT} It was meeting {number} before the summer. " * 3 for number in (1, 2)]
    content = "".join(
        separator.join(("Council votes for plan", f'"{story}"', *more)) + "\n" for story in stories
    )
    found = rows(tmp_path / f"a.{suffix}", content)

    assert [source.name for source in found] == [f"{tmp_path}/a.{suffix}:{n}" for n in (1, 2)]
    assert [source.load().text for source in found] == [story.strip() for story in stories]
    second = rows(tmp_path / f"a.{suffix}", content, text_field="2")[1]
    assert second.load().text == stories[1].strip()


@pytest.mark.parametrize(
    "head",
    [
        f"id,{'What do you think of the plan, and of those who voted for it, on the whole? ' * 2}",
        "Timestamp,Which of the two articles did you read to the end?",
        "nr;kop_krt;2026",
    ],
)
def test_long_names_are_names(tmp_path: Path, head: str) -> None:
    (source,) = rows(tmp_path / "a.csv", f'{head}\n1,"{TEXT}"\n')
    assert source.name == f"{tmp_path}/a.csv:2"


def test_a_given_name_is_a_name_however_long(tmp_path: Path) -> None:
    name = "Please paste the whole text of the article here, without the headline."
    (source,) = rows(tmp_path / "a.csv", f'nr,"{name}"\n1,"{TEXT}"\n', text_field=name)
    assert source.load().text == TEXT


def test_a_cell_without_a_value_is_said_to_be_empty(tmp_path: Path) -> None:
    (source,) = rows(tmp_path / "a.jsonl", '{"text": null}')

    with pytest.raises(SourceError, match=r"field 'text' of .* is empty"):
        source.load()


def test_columns_of_one_name_do_not_hide_each_other(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,q,q\n1,0.1,0.9\n")
    (row,) = read_rows(path, max_bytes=1000)

    assert row.record == {"id": "1", "q": "0.1", "q (2)": "0.9"}


def test_more_cells_than_names(tmp_path: Path) -> None:
    (source,) = rows(tmp_path / "a.csv", f"id,text\n1,{TEXT}\n")

    with pytest.raises(SourceError, match=r"a\.csv:2' has 3 cells under 2 names"):
        source.load()


def test_a_quote_that_never_closes(tmp_path: Path) -> None:
    first, second = rows(tmp_path / "a.csv", f'text\n"{TEXT}"\n"{TEXT}\n')

    assert first.load().text == TEXT
    with pytest.raises(SourceError, match="not valid CSV"):
        second.load()


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
@pytest.mark.parametrize("content", ["", "\n\n"])
def test_a_table_without_rows(tmp_path: Path, name: str, content: str) -> None:
    (source,) = rows(tmp_path / name, content)

    with pytest.raises(SourceError, match="has no rows"):
        source.load()


def test_a_long_cell_is_read(tmp_path: Path) -> None:
    long = " ".join([TEXT.replace(",", "")] * 3000)
    (source,) = rows(tmp_path / "a.csv", f"text\n{long}\n")

    assert source.load().text == long


def test_a_line_beyond_the_limit_fails_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    row = json.dumps({"text": TEXT})
    path.write_text(f"{row}\n{'x' * 5000}\n{row}\n{'x' * 1000}")
    first, second, third, fourth = expand([str(path)], settings=Settings(max_article_bytes=1000))

    assert first.load().text == third.load().text == TEXT
    with pytest.raises(SourceError, match=r"a\.jsonl:2' has more than 1,000 characters"):
        second.load()
    with pytest.raises(SourceError, match="not valid JSON"):
        fourth.load()


def test_a_row_of_a_table_beyond_the_limit_ends_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'text\n"{TEXT}"\n{"x" * 5000}\n"{TEXT}"\n')
    first, second = expand([str(path)], settings=Settings(max_article_bytes=1000))

    assert first.load().text == TEXT
    with pytest.raises(SourceError, match="more than 1,000 characters"):
        second.load()


def test_a_page_in_a_row_is_read_as_html(tmp_path: Path) -> None:
    page = (
        f"<html><body><article><h1>Plan</h1><p>{TEXT}</p><p>{TEXT} Yes.</p></article></body></html>"
    )
    (source,) = rows(tmp_path / "a.jsonl", json.dumps({"text": page}))

    assert source.load().text == f"{TEXT}\n\n{TEXT} Yes."


def test_a_binary_table_is_refused(tmp_path: Path) -> None:
    for source in rows(tmp_path / "a.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20):
        with pytest.raises(SourceError):
            source.load()


def test_rows_are_read_in_constant_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    line = json.dumps({"text": TEXT * 50}) + "\n"
    with path.open("w") as file:
        file.writelines(line for _ in range(5000))
    assert path.stat().st_size > 20_000_000

    tracemalloc.start()
    count = sum(1 for _ in expand([str(path)], settings=SETTINGS))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 5000
    assert peak < 3_000_000


@pytest.mark.parametrize(
    "text",
    ["Dollar edges up.", "Qtly div 21 cts vs 21 cts prior\nPayable April 15\nRecord March 27"],
)
def test_a_row_may_be_as_short_as_an_item_of_a_wire(tmp_path: Path, text: str) -> None:
    (source,) = rows(tmp_path / "a.jsonl", json.dumps({"text": text}))

    assert source.load().text == text


def test_an_article_in_a_row_passes_the_gate(tmp_path: Path) -> None:
    (source,) = rows(tmp_path / "a.jsonl", json.dumps({"text": " \n"}))

    with pytest.raises(NotAnArticleError, match=r"a\.jsonl:1' is empty"):
        source.load()


def test_fields_of_a_row_count_more_than_those_of_its_page(tmp_path: Path) -> None:
    page = f"<html><head><title>Site</title></head><body><p>{TEXT}</p><p>{TEXT} Yes.</p></body>"
    record = {"text": page, "title": "Plan passed", "date": "2021-05-03", "author": "Ann Lee"}
    (source,) = rows(tmp_path / "a.jsonl", json.dumps(record))

    article = source.load()

    assert (article.title, article.author) == ("Plan passed", "Ann Lee")
    assert article.published == date(2021, 5, 3)


def test_half_a_character_does_not_cost_the_row(tmp_path: Path) -> None:
    row = json.dumps({"title": "Plan \ud83d passed", "text": f"{TEXT} \ud83d"})
    (source,) = rows(tmp_path / "a.jsonl", row)

    article = source.load()

    assert (article.title, article.text) == ("Plan passed", TEXT)
    assert article.id


def test_a_title_in_another_encoding_than_the_file(tmp_path: Path) -> None:
    good = json.dumps({"text": TEXT}).encode()
    bad = b'{"title": "Br\xfccke", "text": "' + TEXT.encode() + b'"}'
    _, source = rows(tmp_path / "a.jsonl", good + b"\n" * 300_000 + bad)

    with pytest.raises(SourceError, match="not in the encoding of its file"):
        source.load()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/b?token=c", "https://a.example/b?token=***"),
        ("https://a.example/\u202eb", None),
        ("https://a.example/" + "b" * 5000, None),
        ("javascript:alert(1)", None),
    ],
)
def test_the_address_of_a_row(tmp_path: Path, url: str, shown: str | None) -> None:
    (source,) = rows(tmp_path / "a.jsonl", json.dumps({"text": TEXT, "url": url}))

    assert source.load().source == (shown or f"{tmp_path}/a.jsonl:1")


def test_broken_utf16_costs_its_file_alone(tmp_path: Path) -> None:
    good = json.dumps({"text": TEXT})
    broken = b"\xff\xfe" + f"{good}\n".encode("utf-16-le") + b"\0\xd8a\0"
    (tmp_path / "a.jsonl").write_bytes(broken)
    (tmp_path / "b.jsonl").write_text(good)
    found = list(expand([str(tmp_path)], settings=SETTINGS))

    with pytest.raises(SourceError, match=r"a\.jsonl' cannot be read"):
        found[-2].load()
    assert found[-1].load().text == TEXT


def test_quotation_marks_left_over_from_csv(tmp_path: Path) -> None:
    told = TEXT.replace("plan", 'so-called "plan"')
    left = '"' + told.replace('"', '""') + '"'
    (source,) = rows(tmp_path / "a.jsonl", json.dumps({"text": left, "title": '"A ""plan"""'}))
    article = source.load()
    assert (article.text, article.title) == (told, 'A "plan"')


def test_objects_in_objects_cost_their_row_alone(tmp_path: Path) -> None:
    nested = '{"text": ' * 600 + '"x"' + "}" * 600
    parts = {"text": [{"kind": ["odd"], "text": TEXT}]}

    _, last = rows(tmp_path / "a.jsonl", "\n".join([nested, json.dumps(parts)]))

    assert last.load().text == TEXT


def test_a_date_that_is_not_understood_is_told(tmp_path: Path) -> None:
    first, second = rows(
        tmp_path / "a.jsonl",
        f'{{"text": "{TEXT}", "date": "03/04/2020"}}\n{{"text": "{TEXT}", "date": "2020-04-03"}}',
    )
    assert "'03/04/2020'" in first.load().notes[0]
    assert second.load().notes == ()


def test_an_empty_row_is_told_by_its_line_and_not_by_its_address(tmp_path: Path) -> None:
    (source,) = rows(tmp_path / "a.jsonl", '{"text": "", "url": "https://news.example/a"}')
    with pytest.raises(NotAnArticleError, match=r"a\.jsonl:1' is empty"):
        source.load()


def test_columns_made_to_be_slow(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"

    def read(columns: int) -> None:
        path.write_text("a" + "," * columns + "\n1\n")
        next(iter(read_rows(path, max_bytes=1_000_000)))

    assert_linear(read, 200_000)
