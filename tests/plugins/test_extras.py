"""Extras that are not installed: a message that says how to get them, and no traceback."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from mcp_sessions import environment

from summarizer.errors import MissingExtraError, install_command, require_extra

# A process in which a package cannot be imported, as if it were not installed.
BLOCKED = "import sys; sys.modules[{name!r}] = None; {code}"


def run(name: str, code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BLOCKED.format(name=name, code=code)],
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_says_what_to_install(tmp_path: Path) -> None:
    code = "sys.argv = ['summarizer', 'mcp']; from summarizer.cli.main import main; main()"

    done = run("mcp", code, tmp_path)

    assert done.returncode == 2
    assert done.stdout == ""
    told, hint = done.stderr.splitlines()
    assert told == "error: the MCP server needs the extra 'mcp', which is not installed"
    assert re.fullmatch(r"  try: \S+ -m pip install 'mcp<3,>=2\.3'", hint)


def test_the_plug_in_for_llm_says_what_to_install(tmp_path: Path) -> None:
    done = run("llm", "import summarizer.plugins.llm_plugin", tmp_path)

    assert "MissingExtraError: the plug-in for llm needs the extra 'llm'" in done.stderr


@pytest.mark.parametrize("module", ["mcp", "llm"])
def test_the_rest_works_without_them(module: str, tmp_path: Path) -> None:
    code = "from summarizer.plugins.tools import definitions; print(len(definitions('mcp')))"

    assert run(module, code, tmp_path).stdout == "5\n"


def test_what_is_installed_is_found() -> None:
    require_extra("json", what="nothing", extra="none")


def test_what_is_missing_is_named() -> None:
    with pytest.raises(MissingExtraError, match="the thing needs the extra 'x'") as caught:
        require_extra("no_such_module", what="the thing", extra="x")

    assert str(caught.value.hint).endswith("pip install 'summarizer-llm[x]'")


@pytest.mark.parametrize(
    ("marker", "command"),
    [
        ("pipx_metadata.json", "pipx inject tool-env 'mcp<3,>=2.3'"),
        ("uv-receipt.toml", f"uv pip install --python {sys.executable} 'mcp<3,>=2.3'"),
        ("pyvenv.cfg", f"{sys.executable} -m pip install 'mcp<3,>=2.3'"),
    ],
)
def test_the_command_suits_the_way_of_the_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, marker: str, command: str
) -> None:
    prefix = tmp_path / "tool-env"
    prefix.mkdir()
    (prefix / marker).touch()
    monkeypatch.setattr(sys, "prefix", str(prefix))

    assert install_command("mcp") == command


def test_without_pip_the_command_is_uv_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("summarizer.errors.find_spec", lambda _: None)

    assert install_command("mcp").startswith("uv pip install --python ")


def test_what_is_broken_is_not_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_module.py").write_text("import no_such_module")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        require_extra("broken_module", what="the thing", extra="x")
