"""What a corpus in PostgreSQL needs once much was written: statistics, and an index of vectors.

The index comes after the load: rows that go into an HNSW index one by one take several times
as long as those that it is built of. So before a load that is large beside what is there, an index
goes. Below 10,000 vectors reading them all is as fast, and exact.
"""

from __future__ import annotations

import logging
from typing import Final

from summarizer.errors import CorpusError
from summarizer.retrieval.postgres_connection import Database, Session
from summarizer.retrieval.postgres_schema import MOST_INDEXED

INDEXED_FROM: Final = 10_000  # vectors
# Passages that wait, for each vector of the index, from which building it anew is quicker: with
# 40,000 of 256 numbers, 40,000 more took 49 s one by one, and 21 s with an index built anew.
_REBUILT_FROM: Final = 1 / 2
_STALE: Final = 1.25  # times as many passages as when they were last analysed
_STALE_ROWS: Final = 500
_UPKEEP_LOCK: Final = 0x53554D44
_BUILD_MEMORY: Final = "256MB"  # holds the graph of some 200,000 vectors of 384 numbers
_log = logging.getLogger(__name__)


def keep_up(database: Database) -> None:
    """Analyses and indexes where enough was written since; readers and writers go on meanwhile."""
    ((written, analysed, indexable, crowded),) = database.rows(
        "SELECT (SELECT last_value FROM {passage_numbers}), analysed,"
        " c.oid IS NULL AND dimension <= %s AND NOT EXISTS (SELECT 1 FROM {pending})"
        " AND EXISTS (SELECT 1 FROM {vectors} OFFSET %s),"
        " c.oid IS NOT NULL AND EXISTS (SELECT 1 FROM {pending} OFFSET (%s * c.reltuples)::bigint)"
        " FROM {corpus} LEFT JOIN (pg_class c JOIN pg_index i ON i.indexrelid = c.oid)"
        " ON c.relnamespace = {schema_name}::regnamespace AND c.relname = 'vectors_nearest'"
        " AND i.indisvalid",
        (MOST_INDEXED, INDEXED_FROM - 1, _REBUILT_FROM),
    )
    stale = written > _STALE * analysed + _STALE_ROWS
    if not (stale or indexable or crowded):
        return
    try:
        database.alone(
            lambda session: _work(session, stale=stale, indexable=indexable, crowded=crowded)
        )
    except CorpusError as error:
        # What was written is safe, and is found without an index, too: exactly, but slower.
        _log.warning("no upkeep of the index: %s", error)


def _work(session: Session, *, stale: bool, indexable: bool, crowded: bool) -> None:
    # Another process that is at it does it for all.
    ((ours,),) = session.rows(
        "SELECT pg_try_advisory_lock(%s, {words_table}::oid::bigint::int)", (_UPKEEP_LOCK,)
    )
    if not ours:
        return
    try:
        if stale:
            session.run("UPDATE {corpus} SET analysed = (SELECT last_value FROM {passage_numbers})")
            session.run("ANALYZE {articles}, {passages}, {words}, {vectors}")
        if indexable or crowded:
            # One that is there and not valid is left of a build that was killed.
            session.run("DROP INDEX CONCURRENTLY IF EXISTS {schema}.{nearest}")
        if indexable:
            _build_index(session)
    finally:
        if not session.connection.closed:
            session.run(
                "SELECT pg_advisory_unlock(%s, {words_table}::oid::bigint::int)", (_UPKEEP_LOCK,)
            )


def _build_index(session: Session) -> None:
    session.run("SELECT set_config('maintenance_work_mem', %s, false)", (_BUILD_MEMORY,))
    session.run(
        "CREATE INDEX CONCURRENTLY {nearest} ON {vectors} USING hnsw (value {halfvec_ip_ops})"
    )
    session.run("RESET maintenance_work_mem")
