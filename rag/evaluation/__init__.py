"""Deterministic evaluation: question sets, metrics, runs, comparison, reports. Knows only the public door of the package."""
