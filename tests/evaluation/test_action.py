"""action.yml: its steps, run one after another as a runner does, with a stand-in for GitHub."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from small_suite import row, write_suite

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
# Answers as GitHub does: comments are kept in comments.json, by number.
GH = """#!{python}
import json, os, sys
from pathlib import Path
path = Path("comments.json")
comments = json.loads(path.read_text()) if path.exists() else []
words = sys.argv[1:]
assert words[0] == "api" and os.environ["GH_TOKEN"] == "token", words
body = Path(words[-1].removeprefix("body=@")).read_text() if "-F" in words else ""
if "POST" in words:
    assert "repos/me/it/issues/7/comments" in words
    comments.append({{"id": len(comments) + 1, "body": body}})
elif "PATCH" in words:
    (number,) = (int(w.rpartition("/")[2]) for w in words if w.startswith("repos/me/it/issues/com"))
    comments[number - 1]["body"] = body
else:
    marker = os.environ["MARKER"]
    print(*(c["id"] for c in comments if c["body"].startswith(marker)), sep="\\n")
path.write_text(json.dumps(comments))
"""


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A suite, small and quick, with its baseline."""
    folder = tmp_path_factory.mktemp("made")
    suite = write_suite(folder / "evals" / "bridges", rows=[row(n, date=None) for n in range(7)])
    make = [sys.executable, "-m", "summarizer", "eval"]
    for words in (["run", suite, "--out", folder / "run"], ["gate", folder / "run", "--update"]):
        subprocess.run([*make, *words], check=True, capture_output=True, cwd=folder)
    return suite.with_name("baseline.json")


@pytest.fixture
def work(tmp_path: Path, baseline: Path) -> Path:
    """A checkout with the suite, and the tools of a runner on the path."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tmp_path / "temp").mkdir()
    shutil.copytree(baseline.parent, tmp_path / "evals" / "bridges")
    for name, text in {
        "gh": GH.format(python=sys.executable),
        "summarizer": f'#!/bin/sh\nexec "{sys.executable}" -m summarizer "$@"\n',
    }.items():
        (tools / name).write_text(text, encoding="utf-8")
        (tools / name).chmod(0o755)
    return tmp_path


def run_action(work: Path, **inputs: str) -> tuple[int, dict[str, dict[str, str]]]:
    """The exit code of the action, and the outputs of its steps."""
    given = {name: str(one.get("default", "")) for name, one in ACTION["inputs"].items()}
    given |= {"suite": "bridges", "install": "", "max-cost": "", "github-token": "token"}
    given |= {name.replace("_", "-"): value for name, value in inputs.items()}
    outputs: dict[str, dict[str, str]] = {}

    def filled(text: Any) -> str:
        values = {f"inputs.{name}": value for name, value in given.items()}
        values["github.event.pull_request.number"] = "7"
        for step, found in outputs.items():
            values |= {f"steps.{step}.outputs.{key}": value for key, value in found.items()}
        return re.sub(r"\$\{\{ (\S+) \}\}", lambda found: values[found[1]], str(text))

    for step in ACTION["runs"]["steps"]:
        if step["name"] == "Install" or (step["name"] == "Comment" and given["comment"] != "true"):
            continue
        output = work / "output"
        output.write_text("", encoding="utf-8")
        done = subprocess.run(
            [
                shutil.which("bash") or "bash",
                "--noprofile",
                "--norc",
                "-eo",
                "pipefail",
                "-c",
                step["run"],
            ],
            cwd=work,
            env={
                "PATH": f"{work / 'tools'}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(work),
                "PYTHONPATH": str(ROOT),
                "GITHUB_OUTPUT": str(output),
                "RUNNER_TEMP": str(work / "temp"),
                "GITHUB_STEP_SUMMARY": str(work / "summary.md"),
                "GITHUB_REPOSITORY": "me/it",
                **{name: filled(value) for name, value in step.get("env", {}).items()},
            },
            capture_output=True,
            text=True,
            check=False,
        )
        lines = output.read_text("utf-8").splitlines()
        outputs[step.get("id", step["name"])] = dict(line.split("=", 1) for line in lines)
        if done.returncode:
            return done.returncode, outputs
    return 0, outputs


def comments(work: Path) -> list[str]:
    return [one["body"] for one in json.loads((work / "comments.json").read_text("utf-8"))]


def test_one_comment_is_kept_up_to_date(work: Path) -> None:
    code, outputs = run_action(work)
    (first,) = comments(work)
    baseline = work / "evals" / "bridges" / "baseline.json"
    worse = re.sub(
        r'"topic_f1": [01]\.\d+', '"topic_f1": 2.0', baseline.read_text("utf-8"), count=1
    )
    baseline.write_text(worse, encoding="utf-8")
    again, _ = run_action(work)
    (second,) = comments(work)

    assert (code, again) == (0, 0)  # the second cannot tell, and passes
    assert outputs["gate"] == {"code": "0"}
    assert outputs["run"]["folder"] == f"{outputs['run']['work']}/run"
    assert not list(work.glob("eval-*"))
    assert not (work / "runs").exists()
    assert first.startswith("<!-- summarizer eval bridges -->\n## ✅ eval bridges: pass")
    assert "## ❔ eval bridges: inconclusive" in second
    assert "- topic_f1 worse on " in second
    assert "| **topic_f1** |" in second
    assert "eval bridges: inconclusive" in (work / "summary.md").read_text("utf-8")


def test_a_loss_fails_and_is_commented_all_the_same(work: Path) -> None:
    suite = work / "evals" / "bridges" / "suite.yaml"
    text = suite.read_text("utf-8").replace("margin: 0.05", "limit: 1.0")
    suite.write_text(text.replace("metric: topic_f1", "metric: key_fact_recall"), encoding="utf-8")

    code, outputs = run_action(work)

    assert code == 10
    assert outputs["gate"] == {"code": "10"}
    assert "❌ eval bridges: regress" in comments(work)[0]


def test_what_stands_in_an_input_is_never_run(work: Path) -> None:
    code, _ = run_action(work, suite="$(touch hacked)", arguments="; touch hacked", comment="false")

    assert code == 2
    assert not (work / "hacked").exists()


def test_the_checkout_gives_no_module_and_takes_no_file(work: Path) -> None:
    """A pull request may bring its own pip, links, and results that look finished."""
    (work / "pip").mkdir()
    (work / "pip" / "__main__.py").write_text("open('hacked', 'w')", "utf-8")
    script = next(step["run"] for step in ACTION["runs"]["steps"] if step["name"] == "Install")
    subprocess.run(
        ["bash", "-c", script.replace("install", "--version")],  # noqa: S607
        cwd=work,
        env={"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        check=False,
    )

    assert not (work / "hacked").exists()
    scripts = "".join(step["run"] for step in ACTION["runs"]["steps"])
    assert set(re.findall(r">>? ?(\S+)", scripts)) <= {
        '"$GITHUB_OUTPUT"',
        '"$GITHUB_STEP_SUMMARY"',
        '"$WORK/body.md"',
        '"$WORK/reply.json"',
    }


def test_no_script_holds_an_expression() -> None:
    assert not [step["name"] for step in ACTION["runs"]["steps"] if "${{" in step["run"]]
