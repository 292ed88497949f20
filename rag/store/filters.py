"""Which documents pass a filter by source, date and metadata. Knows nothing of passages or of how documents are stored."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from rag.errors import UsageError


class Filter:
    """Called with a row (number, source, date, metadata as JSON): whether it passes. Raises UsageError for odd dates."""

    def __init__(
        self, sources: Iterable[str] | None, first: str | None, last: str | None, metadata: Mapping[str, Any] | None
    ) -> None:
        if isinstance(sources, str):
            sources = [sources]
        wanted = None if sources is None else list(sources)
        self.names = None if wanted is None else {s for s in wanted if "*" not in s}
        self.patterns = [s for s in wanted or () if "*" in s]
        self.first = None if first is None else _period(first)[0]
        self.last = None if last is None else _period(last)[1]
        self.metadata = dict(metadata or {})

    def __call__(self, row: tuple[Any, ...]) -> bool:
        _, source, date, metadata = row
        if self.names is not None and source not in self.names:
            if not any(fnmatchcase(source, pattern) for pattern in self.patterns):
                return False
        if self.first is not None or self.last is not None:
            try:
                first, last = _period(date or "")
            except UsageError:
                return False
            if (self.first is not None and last < self.first) or (self.last is not None and first > self.last):
                return False
        if self.metadata:
            held = json.loads(metadata)
            return all(key in held and _meets(held[key], value) for key, value in self.metadata.items())
        return True


def _meets(held: Any, wanted: Any) -> bool:
    mine = held if isinstance(held, list) else [held]
    theirs = wanted if isinstance(wanted, (list, tuple, set, frozenset)) else [wanted]
    return any(value in mine for value in theirs) or held == wanted


def _period(date: str) -> tuple[str, str]:
    """First and last ISO day of a date of any precision; months are taken to have 31 days, which sorts right."""
    text = date.strip()[:10]
    first = text + "0000-01-01"[len(text) :] if len(text) in (4, 7) else text
    last = text + "0000-12-31"[len(text) :] if len(text) in (4, 7) else text
    if len(first) != 10 or not (first[:4] + first[5:7] + first[8:]).isdigit():
        raise UsageError(f"date {date!r} is not ISO; write 2022, 2022-10 or 2022-10-05")
    return first, last
