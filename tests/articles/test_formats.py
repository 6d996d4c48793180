"""Formats in which users have articles: what is read from a small file of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from summarizer.articles import Article, expand
from summarizer.settings import Settings

BRIDGE = "The city council voted on Monday for a new bridge, which will cost 14 million euros."
NOISE = "The opposition voted against it because of the noise that its traffic will bring."


def read(folder: Path, name: str, content: str) -> list[Article]:
    path = folder / name
    path.write_text(content, "utf-8")
    return [source.load() for source in expand([str(path)], settings=Settings())]


@pytest.mark.parametrize("before", ["", "[12:30:09] *** ann has joined #news\n"])
def test_a_log_of_irc_with_seconds_is_no_transcript(tmp_path: Path, before: str) -> None:
    log = f"{before}[12:30:15] <ann> {BRIDGE}\n[12:31:20] <@bob> {NOISE}\n[12:32:02] <ann> Yes.\n"

    (article,) = read(tmp_path, "log.txt", log)

    assert article.text == f"ann: {BRIDGE}\n\nbob: {NOISE}\n\nann: Yes."


CHAT = f"""<!DOCTYPE html>
<html><head><meta charset="utf-8"/><title>Exported Data</title></head><body>
<div class="page_header"><div class="text bold">
City News
</div></div>
<div class="message service"><div class="body details">4 March 2025</div></div>
<div class="message default"><div class="initials">C</div><div class="body">
<div class="pull_right date details" title="04.03.2025 10:11:12 UTC+01:00">10:11</div>
<div class="from_name">City News</div>
<div class="text"><strong>Council votes for new bridge</strong><br><br>{BRIDGE}</div>
<span class="reactions">12</span></div></div>
<div class="message default joined"><div class="body">
<div class="pull_right date details" title="05.03.2025 10:11:12 UTC+01:00">10:11</div>
<div class="text">{NOISE}</div><div class="signature details">Ann Lee</div></div></div>
</body></html>"""


def test_a_chat_that_telegram_saved_as_a_page_is_an_article_a_message(tmp_path: Path) -> None:
    first, second = read(tmp_path, "messages2.html", CHAT)

    assert (first.title, first.text, first.author) == (
        "Council votes for new bridge", BRIDGE, None,
    )  # fmt: skip
    assert (str(second.published), second.text, second.author) == ("2025-03-05", NOISE, "Ann Lee")
