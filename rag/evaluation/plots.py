"""Small inline SVG plots: bars with intervals, stacked bars, curves, histograms.

Pure functions from numbers to markup; no fonts, no scripts. Colours and text styles come from the page by class name,
so that one drawing suits light and dark; every mark carries its figures as a tooltip.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

WIDTH = 460
_LABEL = 132
_ROW = 24


def bars(rows: Sequence[tuple[str, int, float, float, float]]) -> str:
    """Horizontal bars of shares in [0, 1] with an interval: (label, n, value, low, high)."""
    scale = WIDTH - _LABEL - 58
    height = _ROW * len(rows) + 22
    out = [_open(height, "shares with intervals")]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = _LABEL + tick * scale
        out.append(f'<line class="grid" x1="{x:.1f}" y1="2" x2="{x:.1f}" y2="{height - 18}"/>')
        out.append(f'<text class="tick" x="{x:.1f}" y="{height - 4}" text-anchor="middle">{tick:.0%}</text>')
    for i, (label, n, value, low, high) in enumerate(rows):
        y = i * _ROW + 4
        tip = f"{label}: {value:.1%} of {n}, 95 % interval {low:.1%} to {high:.1%}"
        x0, x1, middle = _LABEL + low * scale, _LABEL + high * scale, y + 8
        out.append(
            f"<g><title>{escape(tip)}</title>"
            f'<text x="{_LABEL - 8}" y="{y + 12}" text-anchor="end">{escape(label)} <tspan class="tick">{n}</tspan></text>'
            f'<rect class="bar" x="{_LABEL}" y="{y}" width="{max(value * scale, 0.5):.1f}" height="16" rx="3"/>'
            f'<path class="whisker" d="M{x0:.1f} {middle}H{x1:.1f}M{x0:.1f} {middle - 4}v8M{x1:.1f} {middle - 4}v8"/>'
            f'<text x="{WIDTH - 50}" y="{y + 12}">{value:.1%}</text></g>'
        )
    return "".join(out) + "</svg>"


def stacked(rows: Sequence[tuple[str, Sequence[tuple[str, str, int]]]]) -> str:
    """Horizontal bars split into parts that fill the width: (label, [(part's name, its class, count), …])."""
    scale = WIDTH - _LABEL - 8
    out = [_open(_ROW * len(rows) + 6, "where questions went")]
    for i, (label, parts) in enumerate(rows):
        y, x = i * _ROW + 4, float(_LABEL)
        total = sum(n for _, _, n in parts)
        out.append(
            f'<text x="{_LABEL - 8}" y="{y + 12}" text-anchor="end">{escape(label)} <tspan class="tick">{total}</tspan></text>'
        )
        for name, kind, n in parts:
            width = n / total * scale
            inner = f'<text class="on" x="{x + width / 2:.1f}" y="{y + 12}" text-anchor="middle">{n}</text>'
            out.append(
                f"<g><title>{escape(f'{label}: {name} {n} of {total} ({n / total:.1%})')}</title>"
                f'<rect class="{escape(kind)}" x="{x:.1f}" y="{y}" width="{max(width - 1, 0.6):.1f}" height="16"/>'
                f"{inner if width > 22 else ''}</g>"
            )
            x += width
    return "".join(out) + "</svg>"


def curve(
    points: Sequence[tuple[float, float]],
    x_name: str,
    y_name: str,
    *,
    x_range: tuple[float, float] = (0.0, 1.0),
    ticks: Sequence[float] = (0.0, 0.25, 0.5, 0.75, 1.0),
    band: Sequence[tuple[float, float]] = (),
    here: tuple[float, float] | None = None,
    dots: bool = False,
) -> str:
    """A line through points with y in [0, 1]. ``band`` is (low, high) at each point; ``here`` marks the operating point."""
    height, left, bottom, top = 264, 48, 40, 12
    right, (low, high) = WIDTH - 14, x_range
    span = (high - low) or 1.0

    def at(x: float, y: float) -> tuple[float, float]:
        return left + (x - low) / span * (right - left), (height - bottom) - y * (height - bottom - top)

    out = [_open(height, f"{y_name} over {x_name}")]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = at(low, tick)[1]
        out.append(f'<line class="grid" x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>')
        out.append(f'<text class="tick" x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:.0%}</text>')
    for tick in ticks:
        x = at(tick, 0)[0]
        shown = f"{tick:.0%}" if high <= 1 else f"{tick:g}"
        out.append(f'<text class="tick" x="{x:.1f}" y="{height - bottom + 16}" text-anchor="middle">{shown}</text>')
    if band:
        edge = [at(x, b[0]) for (x, _), b in zip(points, band)]
        edge += [at(x, b[1]) for (x, _), b in reversed(list(zip(points, band)))]
        out.append(f'<polygon class="band" points="{_path(edge)}"/>')
    if points:
        out.append(f'<polyline class="curve" points="{_path([at(*p) for p in points])}"/>')
    if dots:
        for x, y in points:
            cx, cy = at(x, y)
            out.append(
                f'<circle class="dot" cx="{cx:.1f}" cy="{cy:.1f}" r="3.5"><title>{escape(x_name)} {x:g}: {y:.1%}</title></circle>'
            )
    if here:
        cx, cy = at(*here)
        tip = f"here: {x_name} {here[0]:.1%}, {y_name} {here[1]:.1%}"
        out.append(
            f'<g><title>{escape(tip)}</title><circle class="here" cx="{cx:.1f}" cy="{cy:.1f}" r="6"/>'
            f'<text x="{cx + 11:.1f}" y="{cy - 7:.1f}">{here[0]:.1%} / {here[1]:.1%}</text></g>'
        )
    out.append(
        f'<text class="name" x="{(left + right) / 2}" y="{height - 6}" text-anchor="middle">{escape(x_name)}</text>'
    )
    y = (height - bottom + top) / 2
    out.append(
        f'<text class="name" transform="translate(11 {y:.0f}) rotate(-90)" text-anchor="middle">{escape(y_name)}</text>'
    )
    return "".join(out) + "</svg>"


def histogram(values: Sequence[float], x_name: str, marks: Sequence[tuple[str, float]] = (), bins: int = 28) -> str:
    """How often values of each size occur, up to the last mark; what lies beyond is gathered in the last bar."""
    height, left, bottom, top = 264, 40, 40, 26
    right = WIDTH - 14
    limit = _nice(max([v for _, v in marks] or [max(values, default=1.0)]) * 1.1)
    counts = [0] * bins
    for v in values:
        counts[min(bins - 1, int(v / limit * bins))] += 1
    most = max(counts) or 1
    step = (right - left) / bins
    out = [_open(height, f"distribution of {x_name}")]
    for tick in sorted({0, most // 2, most}):
        y = (height - bottom) - tick / most * (height - bottom - top)
        out.append(f'<line class="grid" x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>')
        out.append(f'<text class="tick" x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{tick}</text>')
    for i, n in enumerate(counts):
        if n:
            tall = n / most * (height - bottom - top)
            low, high = i * limit / bins, (i + 1) * limit / bins
            beyond = " and more" if i == bins - 1 else f" to {high:.3g}"
            out.append(
                f"<g><title>{low:.3g}{beyond} {escape(x_name)}: {n}</title>"
                f'<rect class="bar" x="{left + i * step:.1f}" y="{height - bottom - tall:.1f}" width="{step - 1:.1f}" height="{tall:.1f}"/></g>'
            )
    for part in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = left + part * (right - left)
        out.append(
            f'<text class="tick" x="{x:.1f}" y="{height - bottom + 16}" text-anchor="middle">{part * limit:g}</text>'
        )
    for i, (label, value) in enumerate(marks):
        x = left + min(value / limit, 1.0) * (right - left)
        upper = 10 + 12 * (i % 2)
        anchor = "start" if x < WIDTH - 110 else "end"
        out.append(f'<line class="mark" x1="{x:.1f}" y1="{upper}" x2="{x:.1f}" y2="{height - bottom}"/>')
        offset = 4 if anchor == "start" else -4
        out.append(
            f'<text x="{x + offset:.1f}" y="{upper + 6}" text-anchor="{anchor}">{escape(label)} {value:.3g}</text>'
        )
    out.append(
        f'<text class="name" x="{(left + right) / 2}" y="{height - 6}" text-anchor="middle">{escape(x_name)}</text>'
    )
    return "".join(out) + "</svg>"


def _nice(value: float) -> float:
    """The next of 1, 2, 4, 8 times a power of ten, so that quarters of it read well."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(m * power for m in (1, 2, 4, 8, 10, 20) if m * power >= value)


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _open(height: int, label: str) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(label)}" xmlns="http://www.w3.org/2000/svg">'
