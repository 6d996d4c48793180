"""The page of ``eval label --page``: the keys of the terminal, and the same rows."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from report_runs import digest, write_run
from small_suite import row
from starlette.testclient import TestClient

from summarizer.evaluation.label_session import LabelSession
from summarizer.evaluation.labelling import Labels, read_items
from summarizer.settings import load_settings
from summarizer.web.app import label_app

TOLD = "On Tuesday the council voted to rebuild it."
HOSTILE = '<img src=x onerror="alert(1)">\u202e'


class Labelling:
    """A page, and a browser that sends it keys."""

    def __init__(self, folder: Path, *, rater: str = "ann", source: str = "run") -> None:
        self.path = folder / "labels.jsonl"
        items, taxonomy = read_items(
            str(folder / source), settings=load_settings(), limit=None, left_out=print
        )
        self.ended = threading.Event()
        self.session = LabelSession(items, Labels(self.path, rater), taxonomy)
        app = label_app(self.session, rater=rater, end=self.ended.set)
        self.client = TestClient(app, base_url="http://127.0.0.1")

    def press(self, *keys: str, **extra: Any) -> Response:
        for key in keys:
            body = {"item": self.session.item.id, "key": key[0], "text": key[1:], **extra}
            answer = self.client.post("/key", json=body)
        return answer

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.path.read_text("utf-8").splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_run(tmp_path, {"m": lambda sample: digest(sample, TOLD, "It rained.")}, rows=2)
    return tmp_path


def test_keys_make_the_rows_of_the_terminal(folder: Path) -> None:
    page = Labelling(folder)
    page.press("2", "a", "\n", "/sport", "+It snowed.")
    assert "2 articles are labelled" in page.press("\n").text

    first, second = page.rows
    assert (first["rater"], first["key_facts"]) == ("ann", [TOLD])
    assert len(first["gold_topics"]) == 2
    assert first["claims"][1] == {"text": "It rained.", "supported": False}
    assert second["gold_topics"] == ["11000000", "15000000"]
    assert second["key_facts"] == ["It snowed."]
    assert page.ended.is_set()


def test_what_was_begun_is_there_again(folder: Path) -> None:
    Labelling(folder).press("\n", "b", "+It snowed.")
    page = Labelling(folder)

    assert "2 of 2" in page.client.get("/").text
    page.press("\n")
    assert page.rows[1]["key_facts"] == ["It rained.", "It snowed."]


def test_the_page_says_what_a_key_did(folder: Path) -> None:
    page = Labelling(folder)

    assert 'data-key="a" aria-pressed="false"' in page.client.get("/").text
    assert 'data-key="a" aria-pressed="true"' in page.press("a").text
    assert "sport [x]" in page.press("/sport").text
    assert "no topic has &#39;zebra&#39; in its name" in page.press("/zebra").text
    assert not page.ended.is_set()


def test_a_topic_is_named_by_its_whole_path(folder: Path) -> None:
    page = Labelling(folder)
    path = next(name for name in page.session.names if name.startswith("sport > "))
    page.press(f"/{path}", "\n")

    [row] = page.rows
    assert len(row["gold_topics"]) == 2


def test_a_second_window_changes_nothing(folder: Path) -> None:
    page = Labelling(folder)
    before = page.session.item.id
    page.press("\n")

    assert "another window went on" in page.press("a", "\n", item=before).text
    assert [row["id"] for row in page.rows] == [before]


def test_the_end_is_told_and_the_rest_stays_unlabelled(folder: Path) -> None:
    page = Labelling(folder)
    assert "1 articles are labelled" not in page.press("\n").text
    assert "1 article is labelled" in page.press(".").text
    assert page.ended.is_set()
    assert len(page.rows) == 1


def test_hostile_articles_are_text(tmp_path: Path) -> None:
    rows = [row(0, title=HOSTILE, article=f"{HOSTILE} {TOLD} " * 3, key_facts=[HOSTILE])]
    write_run(tmp_path, {"m": lambda sample: digest(sample, HOSTILE)}, rows=rows)
    page = Labelling(tmp_path)
    html = page.client.get("/").text + page.press(f"+{HOSTILE}", f"/{HOSTILE}").text

    assert "<img" not in html
    assert "\u202e" not in html
    assert html.count("&lt;img") >= 5


def test_other_sites_and_names_are_refused(folder: Path) -> None:
    page = Labelling(folder)
    body = {"item": page.session.item.id, "key": "\n"}
    evil = page.client.post("/key", json=body, headers={"Origin": "http://evil.example"})
    renamed = page.client.get("/", headers={"Host": "evil.example"})

    assert (evil.status_code, renamed.status_code) == (403, 421)
    assert not page.path.exists()


@pytest.mark.parametrize("path", ["/", "/page.css", "/page.js"])
def test_nothing_runs_but_the_pages_own_script(folder: Path, path: str) -> None:
    answer = Labelling(folder).client.get(path)

    assert answer.status_code == 200
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "onclick" not in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize("body", [{"key": "ab"}, {"key": ""}, {"text": 1}, {"key": "a", "more": 1}])
def test_a_malformed_key_is_refused(folder: Path, body: dict[str, Any]) -> None:
    page = Labelling(folder)
    answer = page.client.post("/key", json={"item": page.session.item.id, **body})

    assert answer.status_code == 422
