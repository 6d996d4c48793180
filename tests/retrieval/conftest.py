"""A real PostgreSQL server, for the tests that are marked live."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from postgres_server import PostgresServer


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The server that tests share; those that kill one start their own."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """The address of a corpus that does not exist yet."""
    return postgres.url(corpus=f"test_{uuid.uuid4().hex}")
