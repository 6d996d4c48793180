"""The judge's word in the report: beside each claim, and inert."""

from __future__ import annotations

import json
from pathlib import Path

from judge_standin import QUOTE, two_variants, verdict
from standin import Body, Reply, StandIn, answer
from test_report import HOSTILE, Page, assert_inert

from summarizer.evaluation.judge.asking import JudgeRun
from summarizer.evaluation.judge.judge import open_judge
from summarizer.evaluation.report.page import render_report
from summarizer.evaluation.run.folder import RunFolder
from summarizer.settings import load_settings


def judged(folder: Path, server: StandIn, **options: int) -> Page:
    settings = load_settings(base_url=server.base_url, model="arbiter-9b", cache=False)
    run = two_variants(folder, rows=2)
    with open_judge(settings) as judge:
        JudgeRun(RunFolder.open(run), judge, **options).run()
    html = render_report([str(run)])
    assert "\u202e" not in html
    return Page(html)


def words(page: Page) -> str:
    return " ".join(page.text.split())


def test_verdicts_stand_beside_their_claims(tmp_path: Path) -> None:
    with StandIn(default=verdict) as server:
        page = judged(tmp_path, server)
    text = words(page)

    assert "judge: article" in text
    assert f"“{QUOTE}”" in text.replace("“ ", "“").replace(" ”", "”")
    assert "it says so" in text
    assert "nobody resigned" in text
    assert "judge: 1 of 2 key facts told" in text
    assert "faithfulness" in text
    assert_inert(page)


def test_every_vote_is_shown(tmp_path: Path) -> None:
    with StandIn(default=verdict) as server:
        page = judged(tmp_path, server, votes=3)

    # Three claims in both variants together, two articles.
    assert words(page).count("judge: article") + words(page).count("judge: neither") == 3 * 3 * 2


def test_what_a_judge_writes_is_text(tmp_path: Path) -> None:
    def hostile(body: Body) -> Reply:
        whole = json.loads(verdict(body).content)
        found = json.loads(whole["choices"][0]["message"]["content"])
        for entry in found.get("verdicts", found.get("answers")):
            entry["reason"] = HOSTILE
            entry["quote"] = HOSTILE
        return answer(json.dumps(found))

    with StandIn(default=hostile) as server:
        page = judged(tmp_path, server)

    assert_inert(page)
    assert "(not there)" in page.text
    assert "<script>document.title='owned'</script>" in page.text
