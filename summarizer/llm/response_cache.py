"""Answers on disk: the same request to the same model is not paid twice.

One SQLite file in the cache folder, safe for threads and processes, bounded in size (what was
not used for longest goes first). Any trouble with it costs the cache, never the run: a corrupt
file is set aside, a folder that cannot be written is left alone. Keys and addresses are only
in it as hashes; the answers themselves are as private as the articles are.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from summarizer.closing import Closing
from summarizer.errors import ConfigurationError, system_errors

T = TypeVar("T")
FILE_NAME: Final = "responses.sqlite3"
_ASIDE: Final = "responses.corrupt"
MAX_BYTES: Final = 512 * 1024 * 1024  # of all answers together
_KEPT_SHARE: Final = 0.9  # of MAX_BYTES after a clean-up, so that not every answer needs one
_CHECK_EVERY: Final = 200  # answers written between two looks at the size
_BUSY_SECONDS: Final = 5.0
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS responses (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, bytes INTEGER NOT NULL, used REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS responses_used ON responses (used, bytes);
"""
_EVICT: Final = """
DELETE FROM responses WHERE key IN (
    SELECT key FROM (SELECT key, SUM(bytes) OVER (ORDER BY used DESC, key) AS kept FROM responses)
    WHERE kept > ?
)"""
_log = logging.getLogger(__name__)


class CacheInfo(NamedTuple):
    """What is in the cache."""

    path: Path
    entries: int
    bytes: int
    max_bytes: int = MAX_BYTES


def cache_key(**parts: Any) -> str:
    """SHA-256 of the parts as canonical JSON: the order of names does not count."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class ResponseCache(Closing):
    """A bounded map from keys to texts, on disk.

    Args:
        folder: where the file is; None: remember nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._path = (folder or Path()) / FILE_NAME
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._broken = folder is None
        self._until_check = 0

    def get(self, key: str) -> str | None:
        """The value under ``key``, or None."""

        def read(db: sqlite3.Connection) -> str | None:
            row = db.execute("SELECT value FROM responses WHERE key = ?", (key,)).fetchone()
            if row is None:
                return None
            db.execute("UPDATE responses SET used = ? WHERE key = ?", (time.time(), key))
            return str(row[0])

        return self._try(read) if self._exists() else None

    def put(self, key: str, value: str) -> None:
        """Keep ``value`` under ``key``."""

        def write(db: sqlite3.Connection) -> None:
            row = (key, value, len(value.encode("utf-8", "surrogatepass")), time.time())
            db.execute("INSERT OR REPLACE INTO responses VALUES (?, ?, ?, ?)", row)
            self._until_check -= 1
            if self._until_check <= 0:
                self._until_check = _CHECK_EVERY
                (total,) = db.execute("SELECT TOTAL(bytes) FROM responses").fetchone()
                if total > MAX_BYTES:
                    db.execute(_EVICT, (MAX_BYTES * _KEPT_SHARE,))

        self._try(write)

    def forget(self, key: str) -> None:
        """Drop ``key``."""
        self._try(lambda db: db.execute("DELETE FROM responses WHERE key = ?", (key,)))

    def clear(self) -> int:
        """Drop all, with what lies beside it, and give the space back: the answers dropped.

        Raises ConfigurationError where that is not possible.
        """

        def drop(db: sqlite3.Connection) -> int:
            dropped = db.execute("DELETE FROM responses").rowcount
            db.execute("VACUUM")
            return dropped

        dropped = self._try(drop) if self._exists() else 0
        if dropped is None:  # a warning has said why
            raise ConfigurationError(
                f"the cache {str(self._path)!r} cannot be emptied",
                hint="delete the file, if it is one of ours; SUMMARIZER_CACHE_DIR names another "
                "folder",
            )
        aside = self._path.with_name(_ASIDE)
        with system_errors(f"cannot delete {str(aside)!r}"):
            aside.unlink(missing_ok=True)
        return dropped

    def info(self) -> CacheInfo:
        """The file, its entries and their bytes."""
        count = "SELECT COUNT(*), SUM(bytes) FROM responses"
        found = self._try(lambda db: db.execute(count).fetchone()) if self._exists() else None
        entries, total = found or (0, 0)
        return CacheInfo(self._path, entries, total or 0)

    def close(self) -> None:
        """Close the file; it opens again on the next use."""
        with self._lock:
            self._close()

    def _exists(self) -> bool:
        try:
            return not self._broken and self._path.exists()
        except OSError:  # a folder above it may not be looked into
            return False

    def _try(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """``work`` with the database, or None where the cache does not work."""
        with self._lock:
            for _ in range(2):
                if self._broken:
                    return None
                try:
                    return work(self._open())
                except (sqlite3.OperationalError, OSError) as error:
                    self._give_up(error)  # a read-only folder, a full disk, a lock not given
                except sqlite3.DatabaseError as error:
                    self._set_aside(str(error))
            return None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # The folder may be there, and be open to all. SQLite gives its log the same mode.
            self._path.touch(mode=0o600)
            self._connection = sqlite3.connect(
                self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            # Readers and writers do not wait for each other then (https://sqlite.org/wal.html). Of
            # processes that open a new file at the same moment, one does it for all.
            with contextlib.suppress(sqlite3.OperationalError):
                self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(_SCHEMA)
        return self._connection

    def _give_up(self, error: Exception) -> None:
        """Go on without a cache."""
        reason = getattr(error, "strerror", None) or error
        _log.warning("answers are not cached: %s: %s", self._path, reason)
        self._broken = True
        self._close()

    def _set_aside(self, reason: str) -> None:
        self._close()
        aside = self._path.with_name(_ASIDE)
        try:
            for suffix in ("-wal", "-shm"):  # first: later they may be those of a new file
                self._path.with_name(FILE_NAME + suffix).unlink(missing_ok=True)
            self._path.replace(aside)
        except OSError as error:
            self._give_up(error)
            return
        _log.warning("the response cache is corrupt (%s): it is now %s", reason, aside)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
