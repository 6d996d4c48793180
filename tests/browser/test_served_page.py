"""The page of ``summarizer serve`` in a real browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from standin import StandIn, answer
from test_digest_page import STORY
from test_report import HOSTILE

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
Serve = Callable[..., str]
MODEL_ANSWER = json.dumps(
    {
        "summary": "The council of Ardenholm voted on Tuesday to rebuild the bridge that the flood "
        "took away. The work will cost 4 million euros and take two years.",
        "topics": ["politics and government"],
    }
)


def paste(page: Page, text: str) -> None:
    page.fill("#source", text)
    page.click("#ask button[type=submit]")


def accessible(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {fault['nodes'][0]['html'][:120]}" for fault in found]


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def test_a_pasted_text_becomes_a_digest(open_page: Open, serve: Serve) -> None:
    page = open_page(serve())
    paste(page, STORY)

    expect(page.locator("#digests h2")).to_have_text("Bridge to be rebuilt")
    expect(page.locator("#history li")).to_have_text("Bridge to be rebuilt")
    assert page.locator(".sentences > li").count() >= 1
    assert accessible(page) == []


def test_nothing_pasted_is_told(open_page: Open, serve: Serve) -> None:
    page = open_page(serve())
    paste(page, "")

    expect(page.locator("#problem")).to_contain_text("paste a text")


def test_the_draft_streams_in_with_its_stage(open_page: Open, serve: Serve) -> None:
    slow = replace(answer(MODEL_ANSWER, pieces=30), delay=0.5, pause=0.3)
    with StandIn(slow) as server:
        page = open_page(serve(model="big-70b", base_url=server.base_url, length="25"))
        paste(page, STORY)
        expect(page.locator("#stage")).to_contain_text("reading ")
        expect(page.locator("#stage")).to_contain_text("writing")
        expect(page.locator("#draft")).to_contain_text("The council")
        expect(page.locator("#digests h2")).to_be_visible()
    expect(page.locator("#now")).to_be_hidden()


def test_the_work_can_be_stopped(open_page: Open, serve: Serve) -> None:
    slow = replace(answer(MODEL_ANSWER, pieces=45), pause=2.5)
    with StandIn(slow) as server:
        page = open_page(serve(model="big-70b", base_url=server.base_url, length="25"))
        paste(page, STORY)
        expect(page.locator("#draft")).to_contain_text("The council")
        page.click("#stop")
        expect(page.locator("#now")).to_be_hidden()
    expect(page.locator("#ask button[type=submit]")).to_be_enabled()
    assert page.locator("#digests h2").count() == 0


def test_a_dead_model_is_told_with_what_to_do(open_page: Open, serve: Serve) -> None:
    with StandIn() as server:
        address = server.base_url
    page = open_page(serve(model="big-70b", base_url=address))
    paste(page, STORY)

    expect(page.locator("#problem")).to_contain_text("nothing listens at")
    expect(page.locator("#problem")).to_contain_text("start the server")
    expect(page.locator("#ask button[type=submit]")).to_be_enabled()


def test_evidence_lights_up_by_mouse_and_by_keyboard(open_page: Open, serve: Serve) -> None:
    page = open_page(serve())
    paste(page, STORY)
    mark = page.locator("mark.e-1").first
    expect(mark).to_have_css("box-shadow", "none")

    page.hover(".c-1 .claim")
    expect(mark).not_to_have_css("box-shadow", "none")
    page.mouse.move(0, 0)
    expect(mark).to_have_css("box-shadow", "none")

    page.focus(".c-1 .claim")
    expect(mark).not_to_have_css("box-shadow", "none")
    page.keyboard.press("Enter")
    expect(page.locator(".a-1").first).to_be_in_viewport()


def test_a_file_is_dropped(open_page: Open, serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "bridge.md"
    path.write_text(STORY, encoding="utf-8")
    page = open_page(serve())
    page.set_input_files("#files", path)
    page.click("#ask button[type=submit]")

    expect(page.locator("#digests .about")).to_contain_text("bridge.md (uploaded)")


def test_a_corrected_topic_is_a_label_that_the_next_article_profits_from(
    open_page: Open, serve: Serve
) -> None:
    page = open_page(serve())
    paste(page, STORY)
    page.click(".correct > summary")
    for box in page.locator(".correct input[type=checkbox]").all():
        box.uncheck()
    page.fill(".correct input[name=more]", "sport")
    expect(page.locator("#topics option[value=sport]")).to_have_count(1)
    page.click(".correct button")
    expect(page.locator(".correct output")).to_have_text("Kept: sport.")

    page.fill("#query", "bridge")
    page.click("#search button")
    expect(page.locator("#hits p")).to_contain_text("sport")
    with page.expect_download() as download:
        page.click("#export")
    row = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert row["gold_topics"] == ["15000000"]
    assert row["slices"] == ["corrected"]

    paste(page, STORY.replace("4 million", "5 million"))
    expect(page.locator(".topics li").first).to_contain_text("sport")


def test_the_session_survives_a_reload(open_page: Open, serve: Serve) -> None:
    page = open_page(serve(token="a-token-of-some-length"))
    page.evaluate("sessionStorage.setItem('token', 'a-token-of-some-length')")
    page.reload()
    for text in (STORY, STORY.replace("4 million", "5 million")):
        paste(page, text)
        expect(page.locator("#now")).to_be_hidden()
    page.reload()

    expect(page.locator("#history li")).to_have_count(2)
    expect(page.locator("#digests h2")).to_have_count(2)
    page.locator(".correct > summary").first.click()
    page.locator(".correct button").first.click()
    expect(page.locator(".correct output").first).to_contain_text("Kept")
    assert "a-token" not in str(page.evaluate("sessionStorage.getItem('digests')"))


def test_a_full_session_lets_the_oldest_go(open_page: Open, serve: Serve) -> None:
    page = open_page(serve())
    page.evaluate(
        "for (let n = 0; n < 8; n++) remember({id: `x${n}`, html: 'y'.repeat(1e6), title: `${n}`})"
    )

    kept = page.evaluate("remembered().map(({ id }) => id)")
    assert kept
    assert kept[-1] == "x7"
    assert "x0" not in kept


def test_a_server_that_is_gone_is_told(open_page: Open, serve: Serve) -> None:
    page = open_page(serve())
    page.context.set_offline(True)
    paste(page, STORY)

    expect(page.locator("#problem")).to_have_text("✗ the server cannot be reached; is it running?")
    expect(page.locator("#ask button[type=submit]")).to_be_enabled()


def test_a_topic_that_does_not_exist_is_refused(open_page: Open, serve: Serve) -> None:
    page = open_page(serve())
    paste(page, STORY)
    page.click(".correct > summary")
    page.fill(".correct input[name=more]", "gardening of the moon")
    page.click(".correct button")

    expect(page.locator(".correct output")).to_contain_text("no topic 'gardening of the moon'")


def test_earlier_articles_are_found_and_opened(open_page: Open, serve: Serve) -> None:
    page = open_page(serve())
    paste(page, STORY)
    page.click(".correct > summary")
    page.click(".correct button")
    expect(page.locator(".correct output")).to_contain_text("Kept")
    paste(page, STORY.replace("4 million", "5 million").replace("rebuilt", "built anew"))

    page.locator(".related .open").first.click()
    expect(page.locator("#opened")).to_contain_text("4 million euros")
    page.keyboard.press("Escape")
    page.fill("#query", "nothing of the kind zzz")
    page.click("#search button")
    expect(page.locator("#found, #hits")).not_to_have_count(0)


@pytest.mark.parametrize("width", [400, 1600])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_can_be_read(open_page: Open, serve: Serve, width: int, scheme: str) -> None:
    page = open_page(serve(), width=width, color_scheme=scheme)
    paste(page, STORY)
    expect(page.locator("#digests h2")).to_be_visible()

    assert overflow(page) <= 0
    assert accessible(page) == []
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 28)"
    assert dark == (scheme == "dark")


def test_a_hostile_article_is_text(open_page: Open, serve: Serve) -> None:
    page = open_page(serve())
    paste(page, f"{HOSTILE[:150]}\n\n{STORY}\n\n{HOSTILE}")
    expect(page.locator("#digests h2")).to_be_visible()

    assert page.title() == "Summarizer"
    assert page.locator("#digests script, #digests img, #digests iframe, #digests svg").count() == 0
    assert "onerror=alert" in page.inner_text("#digests .source")


def test_a_token_is_asked_for(open_page: Open, serve: Serve) -> None:
    page = open_page(serve(token="a-token-of-some-length"))
    paste(page, STORY)
    expect(page.locator("#problem")).to_contain_text("token is missing")
    page.fill("#token", "a-token-of-some-length")
    page.click("#token-form button")
    page.click("#ask button[type=submit]")

    expect(page.locator("#digests h2")).to_be_visible()
