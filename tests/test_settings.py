"""Where settings come from, and what a file from somebody else may not say."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from summarizer.errors import ConfigurationError
from summarizer.flags import Flags
from summarizer.llm.endpoint import choose_embedding_endpoint, choose_endpoint
from summarizer.settings import Settings, load_settings, trust_folder, user_config_file

HARMLESS = {"length", "style", "language", "max_topics", "depth", "taxonomy", "prompt_versions"}
TOML_VALUES = st.sampled_from(['"http://evil.example/v1"', "true", "1", "{x = 1}", "['x']"])
# A JSON string is a TOML string.
toml_string = json.dumps


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``summarizer.toml`` in the working folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder / "summarizer.toml"


def test_flags_come_before_the_environment_and_that_before_the_file(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write_text('length = "long"\nstyle = "bullets"\nlanguage = "fr"\n')
    monkeypatch.setenv("SUMMARIZER_LENGTH", "medium")
    monkeypatch.setenv("SUMMARIZER_STYLE", "headline")

    settings = load_settings(length="short")

    assert (settings.length, settings.style, settings.language) == ("short", "headline", "fr")


def test_a_flag_that_is_not_given_counts_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUMMARIZER_LENGTH", "long")

    assert load_settings(length=None).length == "long"


def test_prompt_versions_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUMMARIZER_PROMPT_VERSIONS", '{"digest": 1}')

    assert load_settings().prompt_versions == {"digest": 1}


def test_a_wrong_value_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"'max_topics'.*got 0"):
        load_settings(max_topics=0)


def test_a_misspelt_name_is_corrected() -> None:
    with pytest.raises(ConfigurationError, match="'lenght', which is no setting") as caught:
        load_settings(lenght="long")

    assert caught.value.hint == "did you mean 'length'?"


def test_a_number_of_words_may_be_a_number() -> None:
    assert load_settings(length=50).length == "50"


def test_a_name_like_no_setting_is_refused_with_the_command_that_lists_them(project: Path) -> None:
    project.write_text("nonsense = 1\n")

    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert "`python -m pydoc summarizer.settings.Settings`" in str(caught.value.hint)


def test_an_unknown_name_is_refused(project: Path) -> None:
    project.write_text("lenght = 'long'\n")

    with pytest.raises(ConfigurationError, match="'lenght', which is no setting"):
        load_settings()


@pytest.mark.parametrize("content", [b"length: long\n", b'length = "\xff"'])
def test_a_file_that_is_not_toml(project: Path, content: bytes) -> None:
    project.write_bytes(content)

    with pytest.raises(ConfigurationError, match=r"'summarizer\.toml' is not valid TOML"):
        load_settings()


@pytest.fixture
def users_file(isolated_environment: None) -> Path:  # noqa: ARG001 - it says where the file is
    """The per-user ``summarizer.toml``."""
    path = user_config_file()
    path.parent.mkdir(parents=True)
    return path


def test_a_file_of_the_user_that_is_not_utf8_is_named(users_file: Path) -> None:
    users_file.write_bytes(b'length = "\xff"')

    with pytest.raises(ConfigurationError, match=re.escape(str(users_file))):
        load_settings()


def test_a_byte_order_mark_does_no_harm(users_file: Path) -> None:
    users_file.write_text('length = "long"', encoding="utf-8-sig")

    assert load_settings().length == "long"


def test_the_project_comes_before_the_user(project: Path, users_file: Path) -> None:
    project.write_text('length = "long"')
    users_file.write_text('length = "medium"\nstyle = "bullets"')

    assert (load_settings().length, load_settings().style) == ("long", "bullets")


def test_the_users_own_file_is_trusted_where_it_is(
    users_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users_file.write_text('model = "large"')
    monkeypatch.chdir(users_file.parent)

    assert load_settings().model == "large"


def test_a_path_may_start_at_home(users_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.delenv("SUMMARIZER_CACHE_DIR")
    users_file.write_text('cache_dir = "~/answers"')

    assert load_settings().cache_dir == Path("/home/me/answers")


def test_a_home_that_nobody_has_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"'taxonomy'.*home"):
        load_settings(taxonomy="~no-such-user/desks.yaml")


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUMMARIZER_TIMEOUT", "")

    assert load_settings().timeout == 600


def test_a_variable_that_is_not_json_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUMMARIZER_PROMPT_VERSIONS", "{digest")

    with pytest.raises(ConfigurationError, match="prompt_versions"):
        load_settings()


@pytest.mark.parametrize("seconds", ["inf", "nan", "1e300"])
def test_a_time_that_no_clock_has_is_refused(seconds: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUMMARIZER_TIMEOUT", seconds)

    with pytest.raises(ConfigurationError, match="'timeout'"):
        load_settings()


@pytest.mark.parametrize("line", ['apikey = "sk-very-secret"', '[api_key]\nv = "sk-very-secret"'])
def test_a_key_in_the_wrong_place_is_not_shown(users_file: Path, line: str) -> None:
    users_file.write_text(line)

    with pytest.raises(ConfigurationError, match=r"api_?key") as caught:
        load_settings()
    assert "very-secret" not in str(caught.value)


def test_a_folder_may_set_how_a_digest_looks(project: Path) -> None:
    (project.parent / "desks.yaml").touch()
    project.write_text(
        'LENGTH = "long"\nstyle = "bullets"\nlanguage = "fr"\nMax-Topics = 2\ndepth = 2\n'
        'taxonomy = "desks.yaml"\n[prompt_versions]\ndigest = 1\n'
    )

    settings = load_settings()

    assert (settings.length, settings.style, settings.language) == ("long", "bullets", "fr")
    assert (settings.max_topics, settings.depth) == (2, 2)
    assert settings.taxonomy == project.parent.resolve() / "desks.yaml"
    assert settings.prompt_versions == {"digest": 1}


@st.composite
def spelled(draw: st.DrawFn, name: str) -> str:
    """``name`` in other letters: upper case, dashes, blanks around it."""
    letters = [
        draw(st.sampled_from(sorted({c, c.upper(), *("-" if c == "_" else c)}))) for c in name
    ]
    blank = st.sampled_from(["", " ", "\t"])
    return draw(blank) + "".join(letters) + draw(blank)


@given(
    name=st.sampled_from(sorted(set(Settings.model_fields) - HARMLESS)),
    data=st.data(),
    bom=st.booleans(),
)
# Each example writes the file anew.
@limits(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_folder_may_set_nothing_else_however_it_is_spelled(
    project: Path, name: str, data: st.DataObject, bom: bool
) -> None:
    line = f"{toml_string(data.draw(spelled(name)))} = {data.draw(TOML_VALUES)}"
    project.write_text(f"length = 'long'\n{line}\n", encoding="utf-8-sig" if bom else "utf-8")

    with pytest.raises(ConfigurationError, match=f"may not set '{name}' before you") as caught:
        load_settings()
    assert str(caught.value.hint).endswith("summarizer trust")


@pytest.mark.parametrize(
    "text",
    [
        '[summarizer]\nbase_url = "https://evil.example/v1"',
        'SUMMARIZER_BASE_URL = "https://evil.example/v1"',
        'settings.base_url = "https://evil.example/v1"',
        '"base_url " = "https://evil.example/v1"',
        '"base\\u005Furl" = "https://evil.example/v1"',
        "openai_base_url = 'https://evil.example/v1'",
    ],
)
def test_no_way_round_the_names(project: Path, text: str) -> None:
    project.write_text(text)

    with pytest.raises(ConfigurationError, match=r"may not set 'base_url'|is no setting"):
        load_settings()


def test_a_name_that_is_set_twice_is_refused(project: Path) -> None:
    project.write_text("length = 'long'\nLENGTH = 'short'\n")

    with pytest.raises(ConfigurationError, match="'length' twice"):
        load_settings()


@pytest.mark.parametrize(
    "path", ["../desks.yaml", "/etc/desks.yaml", "~/desks.yaml", "link.yaml", "linked/x"]
)
def test_a_taxonomy_of_the_folder_stays_inside(project: Path, path: str) -> None:
    (project.parent / "link.yaml").symlink_to(project.parent.parent / "desks.yaml")
    (project.parent / "linked").symlink_to(project.parent.parent)
    project.write_text(f"taxonomy = {path!r}")

    with pytest.raises(ConfigurationError, match="'taxonomy' to a file outside of it"):
        load_settings()


def test_a_trusted_file_may_set_everything_until_it_changes(project: Path) -> None:
    text = "model = 'large'\nbase_url = 'https://gateway.example/v1'\ntaxonomy = '../desks.yaml'\n"
    project.write_text(text)

    assert trust_folder() == (project, tomllib.loads(text))
    assert load_settings().base_url == "https://gateway.example/v1"
    project.write_text(text.replace("gateway", "evil"))
    with pytest.raises(ConfigurationError, match="may not set 'model', 'base_url' before"):
        load_settings()


def test_trust_is_for_one_place(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write_text("cache = false")
    trust_folder()
    other = project.parent.rename(project.parent.with_name("other"))
    monkeypatch.chdir(other)

    with pytest.raises(ConfigurationError, match="may not set 'cache'"):
        load_settings()


def test_trust_can_be_taken_back(project: Path) -> None:
    project.write_text("cache = false")
    trust_folder()
    trust_folder(undo=True)

    with pytest.raises(ConfigurationError, match="may not set 'cache'"):
        load_settings()


@pytest.mark.usefixtures("project")
def test_there_is_nothing_to_trust() -> None:
    with pytest.raises(ConfigurationError, match=r"no summarizer\.toml"):
        trust_folder()


def test_a_file_without_end_is_not_read(project: Path) -> None:
    project.symlink_to("/dev/zero")
    assert load_settings().length == "short"

    project.unlink()
    project.write_bytes(b"#" * 200_000)
    with pytest.raises(ConfigurationError, match="larger than 100,000 bytes"):
        load_settings()


@pytest.mark.parametrize(
    ("command", "user", "expected"),
    [
        # flag, environment and user's file: (address, key) each
        ({"flag": ("A", None), "env": (None, "k")}, (None, None), "k"),
        ({"flag": (None, "k"), "env": ("A", None)}, (None, None), "k"),
        ({"flag": ("A", None), "env": ("B", "k")}, (None, None), None),
        ({"flag": ("A", None)}, ("B", "k"), None),
        ({"flag": ("A", None)}, ("A/", "k"), "k"),
        ({"flag": ("A", None)}, (None, "k"), None),
        ({"env": (None, "k")}, ("A", None), None),
        ({"env": (None, "k")}, ("A", "own"), "own"),
        ({}, ("A", "k"), "k"),
    ],
)
def test_a_key_goes_with_its_address(
    users_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: dict[str, tuple[str | None, str | None]],
    user: tuple[str | None, str | None],
    expected: str | None,
) -> None:
    pairs = [("base_url", "api_key"), ("embedding_base_url", "embedding_api_key")]
    for address, key in pairs:
        for name, value in zip((address, key), command.get("env", ()), strict=False):
            if value:
                monkeypatch.setenv(f"SUMMARIZER_{name.upper()}", value)
    names = [name for pair in pairs for name in pair]
    users_file.write_text(
        "".join(f"{n} = {v!r}\n" for n, v in zip(names, user * 2, strict=True) if v)
    )

    settings = load_settings(**dict(zip(names, command.get("flag", (None, None)) * 2, strict=True)))

    for found in (settings.api_key, settings.embedding_api_key):
        assert (found.get_secret_value() if found else None) == expected


@st.composite
def sources(draw: st.DrawFn) -> dict[str, dict[str, str]]:
    """What each source sets; each key says where it is from."""
    addresses = st.sampled_from(
        ["http://a.example/v1", "http://b.example/v1", "http://c.example/v1"]
    )
    found: dict[str, dict[str, str]] = {}
    for source in draw(st.permutations(["flag", "env", "folder", "user", "openai"])):
        prefixes = [""] if source == "openai" else ["", "embedding_"]
        given = {}
        for prefix in prefixes:
            if draw(st.booleans()):
                given[f"{prefix}base_url"] = draw(addresses)
            if draw(st.booleans()):
                given[f"{prefix}api_key"] = f"{source}-{prefix}key"
        found[source] = given
    return found


@given(given_=sources(), data=st.data())
def test_no_key_goes_to_an_address_it_was_not_given_for(
    tmp_path_factory: pytest.TempPathFactory, given_: dict[str, dict[str, str]], data: st.DataObject
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("folder")
        patch.chdir(folder)
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        user_config_file().parent.mkdir(parents=True)
        for source, path in (("folder", Path("summarizer.toml")), ("user", user_config_file())):
            lines = [
                f"{toml_string(data.draw(spelled(name)))} = {toml_string(value)}"
                for name, value in given_[source].items()
            ]
            path.write_text("\n".join([*lines, "cache = true"]))
        trust_folder()
        for name, value in given_["env"].items():
            patch.setenv(f"SUMMARIZER_{name.upper()}", value)
        for name, value in given_["openai"].items():
            patch.setenv(f"OPENAI_{name.upper()}", value)
        settings = load_settings(**given_["flag"])
        used = [choose_endpoint(settings)]
        with contextlib.suppress(ConfigurationError):  # there may be no server for embeddings
            used.append(choose_embedding_endpoint(settings, model="e"))

    for endpoint in used:
        if endpoint.api_key is not None:
            assert may_have(endpoint.api_key.get_secret_value(), str(endpoint.base_url), given_)


def may_have(key: str, url: str, given_: dict[str, dict[str, str]]) -> bool:
    """Whether the user gave ``key`` for ``url``."""
    source, name = key.split("-")
    address = name.replace("key", "base_url")
    own = given_[source].get(address)
    if source == "openai":
        return url == (own or "https://api.openai.com/v1")
    if own is not None:
        return url == own
    partner = {"flag": "env", "env": "flag"}.get(source)
    return partner is not None and url == given_[partner].get(address)


def test_a_key_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUMMARIZER_API_KEY", "sk-very-secret")

    assert "very-secret" not in repr(load_settings())


def test_flags_have_the_settings_names_and_types() -> None:
    """A type checker knows the keyword arguments by ``Flags``."""
    flags = get_type_hints(Flags)

    assert flags.keys() == Settings.model_fields.keys()
    for name, field in Settings.model_fields.items():
        assert alternatives(field.annotation) <= alternatives(flags[name]), name


def alternatives(annotation: Any) -> set[Any]:
    is_union = get_origin(annotation) in (Union, UnionType)
    return set(get_args(annotation)) if is_union else {annotation}


def test_a_misspelt_keyword_is_seen_by_a_type_checker(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(
        "from summarizer import Summarizer\n"
        "Summarizer(model='extractive')\n"
        "Summarizer(modle='extractive')\n"
        "Summarizer(depth='deep')\n"
    )
    root = Path(__file__).parent.parent
    # What these files import besides is of no matter here, and would take most of a minute.
    read = [root / "summarizer" / name for name in ("__init__.py", "summarizer.py", "flags.py")]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=skip", path, *read],
        capture_output=True, text=True, check=False, cwd=root,
    )  # fmt: skip

    assert "program.py:2" not in done.stdout
    assert "program.py:3: error: Unexpected keyword argument" in done.stdout
    assert "program.py:4: error" in done.stdout


def test_a_misspelt_variable_is_told_and_one_of_another_version_is_not(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("SUMMARIZER_LENGHT", "SUMMARIZER_TAXONOMIES", "SUMMARIZER_MCP_TOKEN"):
        monkeypatch.setenv(name, "secret")
    load_settings()

    assert [message.partition(";")[2] for message in caplog.messages] == [
        " did you mean SUMMARIZER_LENGTH?", " did you mean SUMMARIZER_TAXONOMY?"
    ]  # fmt: skip
    assert "secret" not in caplog.text
