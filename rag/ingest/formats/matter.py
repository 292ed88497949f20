"""Front matter: the ``---`` block of "key: value" lines that may open a text or Markdown file."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from rag.text.dates import parse_date
from rag.text.normalise import nfc

_FENCE = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?)(?:\r?\n)(?:---|\.\.\.)[ \t]*(?:\r?\n|$)", re.DOTALL)
_PAIR = re.compile(r"([\w.\-]+)[ \t]*:(?:[ \t]+(.*))?$")
_TITLE, _DATE, _LANGUAGE = ("title", "tiêu đề"), ("date", "published", "publish_date", "ngày"), ("language", "lang")


@dataclass(frozen=True, slots=True)
class Matter:
    """What front matter states; the rest of its keys are in ``metadata`` as JSON values."""

    title: str = ""
    date: str | None = None
    language: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)


def split_matter(text: str) -> tuple[Matter, str]:
    """(front matter, the text after it); without front matter the text comes back whole."""
    if not text.startswith(("---", "\ufeff---")):
        return Matter(), text
    found = _FENCE.match(text)
    if not found:
        return Matter(), text
    values = _simple(found.group(1))
    if values is None:
        values = _yaml(found.group(1))
    if values is None:
        return Matter(), text
    return from_values(values), text[found.end() :]


def from_values(values: dict[str, Any]) -> Matter:
    """Title, date and language picked out of a mapping, whatever the case of its keys; a date that is none stays metadata."""
    title, date, language = "", None, ""
    rest: dict[str, Any] = {}
    for key, value in values.items():
        name = key.lower()
        if name in _TITLE and not title and value:
            title = nfc(" ".join(str(value).split()))
        elif name in _DATE and not date and value and parse_date(str(value)):
            date = parse_date(str(value))
        elif name in _LANGUAGE and isinstance(value, str) and not language:
            language = value.strip().lower().split("-")[0].split("_")[0]
        elif value is not None and value != "":
            rest[nfc(key)] = _plain(value)
    return Matter(title, date, language, rest)


def _plain(value: Any) -> Any:
    """``value`` as something JSON holds."""
    if isinstance(value, str):
        return nfc(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    return str(value)


def _simple(block: str) -> dict[str, Any] | None:
    """The common case, without the YAML library: flat pairs of scalars, one list to a line. None for anything else."""
    values: dict[str, Any] = {}
    for line in block.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pair = _PAIR.match(line.rstrip())
        if not pair or pair[2] is None:
            return None
        value = pair[2].strip()
        if value[:1] in ("[", "{", "|", ">", "&", "*", "!", "%", "@", "`"):
            return None
        if value[:1] == '"':
            try:
                parsed = json.loads(value)
            except json.JSONDecodeError:
                return None
            values[pair[1]] = parsed
        elif value[:1] == "'":
            if len(value) < 2 or not value.endswith("'"):
                return None
            values[pair[1]] = value[1:-1].replace("''", "'")
        else:
            values[pair[1]] = re.sub(r"\s+#.*$", "", value)
    return values


def _yaml(block: str) -> dict[str, Any] | None:
    import yaml

    try:
        loaded = yaml.safe_load(block)
    except yaml.YAMLError:
        return None
    return {str(k): v for k, v in loaded.items()} if isinstance(loaded, dict) else None
