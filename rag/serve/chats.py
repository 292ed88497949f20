"""Conversations, feedback and choices of each person, in one SQLite file.

Knows nothing of the index, of HTTP or of the page. Every call names the person it is for; no call can reach what
belongs to another. Each call opens its own short transaction, so the object may be used from any thread.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversation (
    id TEXT PRIMARY KEY, person TEXT NOT NULL, title TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL);
CREATE INDEX IF NOT EXISTS conversation_person ON conversation (person, updated DESC);
CREATE TABLE IF NOT EXISTS turn (
    id INTEGER PRIMARY KEY AUTOINCREMENT, conversation TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    question TEXT NOT NULL, answer TEXT NOT NULL, created REAL NOT NULL);
CREATE INDEX IF NOT EXISTS turn_conversation ON turn (conversation, id);
CREATE TABLE IF NOT EXISTS feedback (
    turn INTEGER PRIMARY KEY REFERENCES turn (id) ON DELETE CASCADE, person TEXT NOT NULL,
    good INTEGER NOT NULL, comment TEXT NOT NULL DEFAULT '', created REAL NOT NULL);
CREATE TABLE IF NOT EXISTS choice (person TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One line of the list of conversations; times are seconds since the epoch."""

    id: str
    title: str
    created: float
    updated: float
    turns: int


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and the answer it got (the JSON value of `wire.answer`), with the person's verdict if any."""

    id: int
    question: str
    answer: Mapping[str, Any]
    created: float
    good: bool | None = None
    comment: str = ""


class Chats:
    """The conversations kept at ``path``; the file and its folder are made on first use."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        with self._connect() as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(_SCHEMA)
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        # Conversations are private: nobody else on the machine needs to read them.
        self.path.chmod(0o600)

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            db = sqlite3.connect(self.path, timeout=10.0)
            try:
                db.execute("PRAGMA foreign_keys = ON")
                # With a write-ahead log a crash of the process loses nothing; only a power cut can take the last turns.
                db.execute("PRAGMA synchronous = NORMAL")
                with db:
                    yield db
            finally:
                db.close()

    def start(self, person: str, title: str) -> str:
        """A new conversation; returns its id, which cannot be guessed."""
        identity = secrets.token_urlsafe(16)
        now = time.time()
        with self._connect() as db:
            db.execute("INSERT INTO conversation VALUES (?, ?, ?, ?, ?)", (identity, person, title[:200], now, now))
        return identity

    def conversations(self, person: str, limit: int = 100) -> list[Conversation]:
        """The person's conversations, the one used last first."""
        with self._connect() as db:
            rows = db.execute(
                "SELECT c.id, c.title, c.created, c.updated, COUNT(t.id) FROM conversation c "
                "LEFT JOIN turn t ON t.conversation = c.id WHERE c.person = ? GROUP BY c.id "
                "ORDER BY c.updated DESC, c.rowid DESC LIMIT ?",
                (person, limit),
            ).fetchall()
        return [Conversation(*row) for row in rows]

    def owns(self, person: str, conversation: str) -> bool:
        """Whether that conversation exists and is this person's."""
        with self._connect() as db:
            row = db.execute(
                "SELECT 1 FROM conversation WHERE id = ? AND person = ?", (conversation, person)
            ).fetchone()
        return row is not None

    def turns(self, person: str, conversation: str) -> list[Turn]:
        """The turns of one conversation in order; empty when it is not this person's."""
        with self._connect() as db:
            rows = db.execute(
                "SELECT t.id, t.question, t.answer, t.created, f.good, f.comment FROM turn t "
                "JOIN conversation c ON c.id = t.conversation LEFT JOIN feedback f ON f.turn = t.id "
                "WHERE c.id = ? AND c.person = ? ORDER BY t.id",
                (conversation, person),
            ).fetchall()
        return [_turn(row) for row in rows]

    def turn(self, person: str, turn: int) -> Turn | None:
        """One turn by its id, or None when there is none such of this person's."""
        with self._connect() as db:
            row = db.execute(
                "SELECT t.id, t.question, t.answer, t.created, f.good, f.comment FROM turn t "
                "JOIN conversation c ON c.id = t.conversation LEFT JOIN feedback f ON f.turn = t.id "
                "WHERE t.id = ? AND c.person = ?",
                (turn, person),
            ).fetchone()
        return _turn(row) if row else None

    def add(self, person: str, conversation: str, question: str, answer: Mapping[str, Any]) -> int | None:
        """Append a turn; returns its id, or None when the conversation is gone or not this person's."""
        now = time.time()
        with self._connect() as db:
            found = db.execute(
                "UPDATE conversation SET updated = ? WHERE id = ? AND person = ?", (now, conversation, person)
            )
            if found.rowcount != 1:
                return None
            cursor = db.execute(
                "INSERT INTO turn (conversation, question, answer, created) VALUES (?, ?, ?, ?)",
                (conversation, question, json.dumps(answer, ensure_ascii=False), now),
            )
            return cursor.lastrowid

    def cut(self, person: str, turn: int) -> str | None:
        """Drop a turn and all that follow it (retry, edit); returns the question it held, or None."""
        with self._connect() as db:
            row = db.execute(
                "SELECT t.conversation, t.question FROM turn t JOIN conversation c ON c.id = t.conversation "
                "WHERE t.id = ? AND c.person = ?",
                (turn, person),
            ).fetchone()
            if row is None:
                return None
            db.execute("DELETE FROM turn WHERE conversation = ? AND id >= ?", (row[0], turn))
            return str(row[1])

    def delete(self, person: str, conversation: str) -> bool:
        """Delete one conversation with its turns and feedback; False when it is not this person's."""
        with self._connect() as db:
            cursor = db.execute("DELETE FROM conversation WHERE id = ? AND person = ?", (conversation, person))
            return cursor.rowcount == 1

    def rate(self, person: str, turn: int, good: bool, comment: str = "") -> bool:
        """Keep the verdict on an answer (the last one counts); False when the turn is not this person's."""
        if self.turn(person, turn) is None:
            return False
        with self._connect() as db:
            db.execute(
                "INSERT INTO feedback VALUES (?, ?, ?, ?, ?) ON CONFLICT (turn) DO UPDATE SET "
                "good = excluded.good, comment = excluded.comment, created = excluded.created",
                (turn, person, int(good), comment[:4000], time.time()),
            )
        return True

    def rated(self, person: str | None = None) -> list[Turn]:
        """Every turn that has a verdict, oldest first: one person's, or everybody's when ``person`` is None."""
        with self._connect() as db:
            rows = db.execute(
                "SELECT t.id, t.question, t.answer, t.created, f.good, f.comment FROM feedback f "
                "JOIN turn t ON t.id = f.turn WHERE ? IS NULL OR f.person = ? ORDER BY t.id",
                (person, person),
            ).fetchall()
        return [_turn(row) for row in rows]

    def before(self, person: str, turn: int) -> list[tuple[str, str]]:
        """The questions and answers that came before a turn in its conversation, for a follow-up's history."""
        with self._connect() as db:
            rows = db.execute(
                "SELECT b.question, b.answer FROM turn t JOIN conversation c ON c.id = t.conversation "
                "JOIN turn b ON b.conversation = t.conversation AND b.id < t.id "
                "WHERE t.id = ? AND c.person = ? ORDER BY b.id",
                (turn, person),
            ).fetchall()
        return [(str(q), str(json.loads(a).get("answer", ""))) for q, a in rows]

    def choices(self, person: str) -> dict[str, Any]:
        """What the person chose in the settings; empty when nothing was."""
        with self._connect() as db:
            row = db.execute("SELECT value FROM choice WHERE person = ?", (person,)).fetchone()
        return dict(json.loads(row[0])) if row else {}

    def choose(self, person: str, choices: Mapping[str, Any]) -> None:
        """Keep the person's choices. Never pass a secret: they are stored as they are."""
        with self._connect() as db:
            db.execute(
                "INSERT INTO choice VALUES (?, ?) ON CONFLICT (person) DO UPDATE SET value = excluded.value",
                (person, json.dumps(dict(choices), ensure_ascii=False)),
            )


def _turn(row: tuple[Any, ...]) -> Turn:
    good = None if row[4] is None else bool(row[4])
    return Turn(int(row[0]), str(row[1]), json.loads(row[2]), float(row[3]), good, row[5] or "")
