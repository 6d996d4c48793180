"""The page of ``eval label --page`` in a real browser, by the keyboard alone."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Page, expect
from report_runs import digest, write_run
from small_suite import row
from test_report import HOSTILE
from test_served_page import accessible, overflow

from summarizer.evaluation.label_session import LabelSession
from summarizer.evaluation.labelling import Labels, rater_agreement, read_items
from summarizer.settings import load_settings
from summarizer.web.app import label_app

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
TOLD = "The council of Ardenholm voted on Tuesday to rebuild the bridge that the flood took away."
NOT_TOLD = "The mayor resigned on Friday."


@pytest.fixture
def label(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Starts the page on a run of articles, of which the second is hostile; its address."""
    article = f"{TOLD} {'The river is calm again, and the ferry crosses it twice an hour. ' * 60}"
    rows = [row(0, article=article), row(1, title=HOSTILE, article=f"{HOSTILE} {article}")]
    write_run(tmp_path, {"m": lambda sample: digest(sample, TOLD, NOT_TOLD, HOSTILE)}, rows=rows)
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(rater: str = "ann") -> str:
        items, taxonomy = read_items(
            str(tmp_path / "run"), settings=load_settings(), limit=None, left_out=print
        )
        session = LabelSession(items, Labels(tmp_path / "labels.jsonl", rater), taxonomy)
        listener = socket.create_server(("127.0.0.1", 0))

        def end() -> None:
            server.should_exit = True

        app = label_app(session, rater=rater, end=end)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        running.append((server, thread))
        while not server.started:
            time.sleep(0.02)
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join(timeout=20)


def rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "labels.jsonl").read_text("utf-8").splitlines()]


def test_two_articles_by_keys_alone(
    open_page: Open, label: Callable[..., str], tmp_path: Path
) -> None:
    page = open_page(label())
    expect(page.locator("#place")).to_have_text("1 of 2")
    page.keyboard.type("1")  # what stands word for word is checked already
    expect(page.locator('[data-key="a"]')).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("/")
    expect(page.locator("label[for=typed]")).to_have_text("topic, or part of its name:")
    page.keyboard.type("sport")
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_have_text("sport [x]")
    page.keyboard.press("+")
    page.keyboard.type("a fact that is given up")
    page.keyboard.press("Escape")
    expect(page.locator("#typing")).to_be_hidden()
    page.keyboard.press("+")
    page.keyboard.type("The ferry crosses it twice an hour.")
    page.keyboard.press("Enter")
    expect(page.locator('[data-key="d"]')).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Enter")
    expect(page.locator("#place")).to_have_text("2 of 2")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("2 articles are labelled")

    first, second = rows(tmp_path)
    assert first["gold_topics"] == ["15000000"]
    assert first["key_facts"] == [TOLD, "The ferry crosses it twice an hour."]
    # Two stand word for word in the second article; the mayor does not.
    assert (len(second["key_facts"]), second["key_facts"][0]) == (2, TOLD)
    assert NOT_TOLD not in second["key_facts"]


def test_keys_typed_ahead_take_effect_in_order(
    open_page: Open, label: Callable[..., str], tmp_path: Path
) -> None:
    page = open_page(label())
    page.keyboard.type("b\n<b\n>")
    expect(page.locator("h1")).to_have_text("1 article is labelled")

    assert [row["key_facts"] for row in rows(tmp_path)] == [[TOLD, NOT_TOLD], [TOLD]]


def test_a_reload_and_a_new_start_lose_nothing(open_page: Open, label: Callable[..., str]) -> None:
    page = open_page(label())
    page.keyboard.type("b")
    expect(page.locator('[data-key="b"]')).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.locator('[data-key="b"]')).to_have_attribute("aria-pressed", "true")

    again = open_page(label())
    expect(again.locator('[data-key="b"]')).to_have_attribute("aria-pressed", "true")


def test_two_raters_agree_by_a_number(
    open_page: Open, label: Callable[..., str], tmp_path: Path
) -> None:
    for rater, keys in (("ann", "a\na\n"), ("ben", "a\nb\n")):
        page = open_page(label(rater))
        page.keyboard.type(keys)
        expect(page.locator("h1")).to_have_text("2 articles are labelled")

    found = rater_agreement(tmp_path / "labels.jsonl")
    assert (found.raters, found.articles, len(found.differ)) == (("ann", "ben"), 2, 1)


def test_the_space_key_scrolls_the_article(open_page: Open, label: Callable[..., str]) -> None:
    page = open_page(label())
    page.keyboard.press(" ")

    page.wait_for_function("document.querySelector('.source').scrollTop > 100")
    assert page.evaluate("scrollY") == 0


def test_buttons_do_what_keys_do(open_page: Open, label: Callable[..., str]) -> None:
    page = open_page(label())
    page.focus('[data-key="b"]')
    page.keyboard.press("Enter")
    expect(page.locator('[data-key="b"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator('[data-key="b"]')).to_be_focused()
    page.click('[data-key=">"]')
    expect(page.locator("#place")).to_have_text("2 of 2")


def test_a_command_that_ended_is_told(open_page: Open, label: Callable[..., str]) -> None:
    page = open_page(label())
    page.route("**/key", lambda route: route.abort())
    page.keyboard.type("a")

    expect(page.locator("#problem")).to_contain_text("start it again, nothing is lost")


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_is_accessible(
    open_page: Open, label: Callable[..., str], width: int, scheme: str, tmp_path: Path
) -> None:
    page = open_page(label(), width=width, color_scheme=scheme)
    page.keyboard.type("a")
    page.keyboard.press("/")
    expect(page.locator("#typed")).to_be_focused()
    assert overflow(page) <= 0
    assert accessible(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press(">")
    expect(page.locator("#place")).to_have_text("2 of 2")
    expect(page.locator("h1")).to_contain_text("<")
    assert page.locator("img, #view script").count() == 0
    assert overflow(page) <= 0
    assert accessible(page) == []
    page.screenshot(path=tmp_path / f"label-{width}-{scheme}.png", full_page=True)
