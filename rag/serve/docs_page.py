"""The API's reference as one plain page, made from its OpenAPI description.

Knows the OpenAPI format only. It replaces the usual documentation pages, which load their scripts from elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 22%, transparent); }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { margin-top: 2.2rem; font-size: 1.15rem; border-bottom: 1px solid var(--line); }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .6rem 0; padding: .5rem .8rem; }
summary { cursor: pointer; } code, pre { font: 14px/1.45 ui-monospace, monospace; }
pre { overflow: auto; padding: .7rem; border: 1px solid var(--line); border-radius: .4rem; }
.method { display: inline-block; min-width: 4.2rem; font-weight: 700; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .25rem .6rem .25rem 0; vertical-align: top; }
"""


def render(spec: Mapping[str, Any]) -> str:
    """The page; every text from the description is escaped."""
    info = spec["info"]
    groups: dict[str, list[str]] = {}
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["other"])[0]
            groups.setdefault(tag, []).append(_operation(path, method, operation, spec))
    body = "".join(f"<h2>{escape(tag)}</h2>{''.join(items)}" for tag, items in groups.items())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>"
        f"<p>{escape(info.get('description', ''))}</p>"
        f'<p>Machine-readable: <a href="openapi.json">openapi.json</a></p>{body}</body></html>'
    )


def _operation(path: str, method: str, operation: Mapping[str, Any], spec: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(p['name'])}</code></td><td>{escape(p['in'])}</td>"
        f"<td>{escape(_type(p.get('schema', {})))}</td><td>{escape(p.get('description', ''))}</td></tr>"
        for p in operation.get("parameters", ())
    )
    parts = [f"<table><tbody>{rows}</tbody></table>"] if rows else []
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        schema = _resolve(content.get("schema", {}), spec)
        parts.append(f"<p>Body, <code>{escape(kind)}</code>:</p>{_fields(schema, spec)}")
    parts.append(f"<p>{escape(operation.get('description', ''))}</p>" if operation.get("description") else "")
    return (
        f'<details><summary><span class="method">{escape(method.upper())}</span> <code>{escape(path)}</code> — '
        f"{escape(operation.get('summary', ''))}</summary>{''.join(parts)}</details>"
    )


def _fields(schema: Mapping[str, Any], spec: Mapping[str, Any]) -> str:
    rows = []
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        about = field.get("description", "") + (" (required)" if name in required else "")
        if "default" in field and field["default"] is not None:
            about += f" default {json.dumps(field['default'], ensure_ascii=False)}"
        rows.append(
            f"<tr><td><code>{escape(name)}</code></td><td>{escape(_type(field))}</td><td>{escape(about.strip())}</td></tr>"
        )
    return (
        f"<table><tbody>{''.join(rows)}</tbody></table>"
        if rows
        else f"<pre>{escape(json.dumps(schema, indent=1))}</pre>"
    )


def _resolve(schema: Mapping[str, Any], spec: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = str(schema.get("$ref", ""))
    if reference.startswith("#/components/schemas/"):
        found: Mapping[str, Any] = spec["components"]["schemas"].get(reference.rpartition("/")[2], {})
        return found
    return schema


def _type(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(s) for s in schema["anyOf"])
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {})) or 'values'}"
    return str(schema.get("type", ""))
