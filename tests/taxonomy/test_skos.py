from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from summarizer.errors import TaxonomyError
from summarizer.taxonomy import (
    Taxonomy,
    default_taxonomy,
    import_skos,
    load_taxonomy,
    write_taxonomy,
)

SCHEME = "http://cv.iptc.org/newscodes/mediatopic"
WIKIDATA = "https://www.wikidata.org/entity"


def concept(number: int, name: str | None, **fields: Any) -> dict[str, Any]:
    labels = {"en-US": name, "fr": f"{name} (fr)"} if name else {}
    found: dict[str, Any] = {
        "uri": f"{SCHEME}/{number:08}",
        "qcode": f"medtop:{number:08}",
        "prefLabel": labels,
        "definition": {"en-US": f"About  {name}."},
    }
    if "broader" in fields:
        fields["broader"] = [f"{SCHEME}/{fields['broader']:08}"]
    return found | fields


CONCEPTS = [
    concept(1, "sport"),
    concept(2, "cycling", broader=1, exactMatch=[f"{WIKIDATA}/Q1"]),
    concept(3, None, broader=1),
    concept(4, "golf", broader=3),
    concept(5, "road race", broader=1, retired="2021-09-30", exactMatch=[f"{WIKIDATA}/Q1"]),
    concept(6, "bandy", broader=1, retired="2021-09-30", exactMatch=[f"{SCHEME}/x"]),
    concept(7, "putting", broader=6),
]

Import = Callable[..., Taxonomy]


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    def run(concepts: list[dict[str, Any]] = CONCEPTS, **kwargs: Any) -> Taxonomy:
        data = {
            "prefSchemeAlias": "medtop",
            "dateReleased": "2023-03-31T12:00:00+00:00",
            "copyrightHolder": "IPTC",
            "licenceLink": "http://creativecommons.org/licenses/by/4.0/",
            "conceptSet": concepts,
        }
        file = tmp_path / "skos.json"
        file.write_text(json.dumps(data))
        return import_skos(file, **kwargs)

    return run


def test_ids_names_and_definitions_come_in(imported: Import) -> None:
    topic = imported().topic("00000002")

    assert (topic.name, topic.parent) == ("cycling", "00000001")
    assert topic.description == "About cycling."


def test_a_description_lists_what_lies_below(imported: Import) -> None:
    many = [concept(i, f"game {i}", broader=4) for i in range(20, 40)]
    taxonomy = imported([*CONCEPTS, *many])

    assert taxonomy.topic("00000001").description == "About sport. (cycling, golf, putting)"
    assert taxonomy.topic("00000004").description.endswith("game 30, game 31)")


def test_a_first_level_media_topic_gets_our_examples(imported: Import) -> None:
    sport = concept(15000000, "sport")
    golf = concept(2, "golf", broader=15000000)
    taxonomy = imported([sport, golf])

    assert taxonomy.roots[0].examples == default_taxonomy().topic("15000000").examples
    assert taxonomy.topic("00000002").examples == ()


def test_the_release_and_the_licence_are_kept(imported: Import) -> None:
    taxonomy = imported()

    assert (taxonomy.name, taxonomy.version) == ("IPTC Media Topics", "2023-03-31")
    assert taxonomy.source == "IPTC http://creativecommons.org/licenses/by/4.0/"


def test_a_retired_id_gives_the_active_topic_of_the_same_wikidata_entity(imported: Import) -> None:
    assert imported().topic("00000005").name == "cycling"


def test_a_retired_id_without_such_a_topic_is_refused(imported: Import) -> None:
    with pytest.raises(TaxonomyError, match="'00000006' is retired"):
        imported().topic("00000006")


def test_two_possible_successors_are_none(imported: Import) -> None:
    other = concept(8, "mountain biking", broader=1, exactMatch=[f"{WIKIDATA}/Q1"])

    assert imported([*CONCEPTS, other]).retired["00000005"] is None


def test_children_of_a_nameless_or_retired_concept_move_up(imported: Import) -> None:
    taxonomy = imported()

    assert taxonomy.path("00000004") == ("sport", "golf")
    assert taxonomy.path("00000007") == ("sport", "putting")
    assert taxonomy.topic("00000003").name == "sport"


@pytest.mark.parametrize(("language", "name"), [("fr", "sport (fr)"), ("en", "sport")])
def test_names_are_in_the_language_asked_for(imported: Import, language: str, name: str) -> None:
    assert imported(language=language).roots[0].name == name


def test_a_label_missing_in_the_language_is_english(imported: Import) -> None:
    only_english = concept(9, "chess", broader=1) | {"prefLabel": {"en-GB": "chess"}}

    assert imported([*CONCEPTS, only_english], language="fr").topic("00000009").name == "chess"


def test_an_unknown_language_is_refused_with_those_there_are(imported: Import) -> None:
    with pytest.raises(TaxonomyError, match="no labels in the language 'xx'") as raised:
        imported(language="xx")

    assert raised.value.hint == "it has: en-US, fr"


@pytest.mark.parametrize(
    "data",
    [
        [],
        {},
        {"conceptSet": []},
        {"conceptSet": ["x"]},
        {"conceptSet": [{"qcode": "a"}]},
        {"conceptSet": [concept(1, "a") | {"broader": "b"}]},
    ],
)
def test_another_kind_of_json_is_refused(tmp_path: Path, data: object) -> None:
    file = tmp_path / "x.json"
    file.write_text(json.dumps(data))

    with pytest.raises(TaxonomyError, match="not an IPTC SKOS export"):
        import_skos(file)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\x00"])
def test_what_is_not_json_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.json"
    file.write_text(text)

    with pytest.raises(TaxonomyError, match="is not JSON"):
        import_skos(file)


def test_broken_trees_are_refused(imported: Import) -> None:
    loop = [concept(1, None, broader=2), concept(2, None, broader=1), concept(3, "a", broader=1)]

    with pytest.raises(TaxonomyError, match="no known parent"):
        imported(loop)
    with pytest.raises(TaxonomyError, match="no known parent"):
        imported([concept(1, "a", broader=9)])


def test_the_import_survives_being_written(imported: Import, tmp_path: Path) -> None:
    file = tmp_path / "out.yaml"
    write_taxonomy(imported(), file)

    assert load_taxonomy(file) == imported()


@pytest.mark.parametrize(
    ("concepts", "message"),
    [
        ([concept(1, "sport"), concept(2, "Sport")], "also the name of its sibling"),
        ([concept(1, "sp\x1b[31mort")], "control characters"),
        ([{**concept(1, "sport"), "qcode": "medtop:a b"}], "field 'id'"),
    ],
)
def test_what_could_not_be_loaded_again_is_not_written(
    concepts: list[dict[str, Any]], message: str, imported: Import, tmp_path: Path
) -> None:
    file = tmp_path / "out.yaml"

    with pytest.raises(TaxonomyError, match=message):
        write_taxonomy(imported(concepts), file)
    assert not file.exists()
