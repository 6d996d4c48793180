from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import summarizer.verification

MODULES = [module.name for module in pkgutil.iter_modules(summarizer.verification.__path__)]
DOCUMENT = Path(__file__).parents[2] / "docs" / "verification.md"


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_hold(name: str) -> None:
    module = importlib.import_module(f"summarizer.verification.{name}")
    assert doctest.testmod(module).failed == 0


def test_the_example_in_the_documentation_holds() -> None:
    result = doctest.testfile(str(DOCUMENT), module_relative=False)
    assert (result.failed, result.attempted > 5) == (0, True)
