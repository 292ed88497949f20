"""Small inline SVG plots: bars with intervals, curves, counts. Pure functions from numbers to markup; no fonts, no scripts."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape


def bars(rows: Sequence[tuple[str, float, float, float]]) -> str:
    """Horizontal bars of shares in [0, 1] with an interval: (label, value, low, high)."""
    width, left, height = 420, 120, 22
    out = [_open(width, height * len(rows) + 24, "bars")]
    scale = width - left - 50
    for i, (label, value, low, high) in enumerate(rows):
        y = i * height + 4
        out.append(f'<text x="{left - 6}" y="{y + 12}" text-anchor="end">{escape(label)}</text>')
        out.append(
            f'<rect class="bar" x="{left}" y="{y}" width="{value * scale:.1f}" height="14" rx="2" opacity=".75"/>'
        )
        y0, x0, x1 = y + 7, left + low * scale, left + high * scale
        out.append(f'<line class="err" x1="{x0:.1f}" y1="{y0}" x2="{x1:.1f}" y2="{y0}"/>')
        out.append(f'<text x="{left + scale + 6}" y="{y + 12}">{value:.2f}</text>')
    return "".join(out) + "</svg>"


def counts(rows: Sequence[tuple[str, float]]) -> str:
    """Horizontal bars of counts: (label, count)."""
    width, left, height = 420, 170, 22
    most = max((v for _, v in rows), default=1) or 1
    scale = width - left - 50
    out = [_open(width, height * len(rows) + 10, "counts")]
    for i, (label, value) in enumerate(rows):
        y = i * height + 4
        out.append(f'<text x="{left - 6}" y="{y + 12}" text-anchor="end">{escape(label)}</text>')
        out.append(
            f'<rect class="bar" x="{left}" y="{y}" width="{value / most * scale:.1f}" height="14" rx="2" opacity=".75"/>'
        )
        out.append(f'<text x="{left + value / most * scale + 6:.1f}" y="{y + 12}">{value:g}</text>')
    return "".join(out) + "</svg>"


def curve(
    points: Sequence[tuple[float, float]], x_name: str, y_name: str, dot: tuple[float, float] | None = None
) -> str:
    """A line through points with y in [0, 1]; ``dot`` marks the operating point."""
    width, height, left, bottom = 420, 240, 44, 34
    out = [_open(width, height, f"{y_name} over {x_name}")]
    right, top = width - 12, 10
    xs = [x for x, _ in points] + ([dot[0]] if dot else [])
    low, high = (min(xs), max(xs)) if xs else (0.0, 1.0)
    span = (high - low) or 1.0

    def at(x: float, y: float) -> tuple[float, float]:
        return left + (x - low) / span * (right - left), (height - bottom) - y * (height - bottom - top)

    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        _, y = at(low, tick)
        out.append(f'<line class="axis" x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>')
        out.append(f'<text x="{left - 5}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
    for tick in (low, low + span / 2, high):
        x, _ = at(tick, 0)
        out.append(f'<text x="{x:.1f}" y="{height - bottom + 14}" text-anchor="middle">{tick:.3g}</text>')
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*p) for p in points))
    if path:
        out.append(f'<polyline class="curve" points="{path}"/>')
    if dot:
        x, y = at(*dot)
        out.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="5"/>')
    out.append(f'<text x="{(left + right) / 2}" y="{height - 4}" text-anchor="middle">{escape(x_name)}</text>')
    return "".join(out) + "</svg>"


def _open(width: int, height: int, label: str) -> str:
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}" xmlns="http://www.w3.org/2000/svg">'
