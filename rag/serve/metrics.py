"""What the process counts about itself, in Prometheus' text format.

Knows nothing of questions or documents beyond their number: no label ever holds content or a person's name.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """Counters of one application; each has its own registry, so two applications in one process do not collide."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "rag_http_requests",
            "API requests by route, method and status",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "rag_http_request_seconds",
            "Time to the end of an API response",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.answers = Counter("rag_answers", "Answers by status", ("status",), registry=self.registry)
        self.answer_seconds = Histogram(
            "rag_answer_seconds", "Time to a whole answer", buckets=_SECONDS, registry=self.registry
        )
        self.refused = Counter(
            "rag_refused_requests", "Requests turned away, by reason", ("reason",), registry=self.registry
        )
        self.cancelled = Counter(
            "rag_cancelled_answers", "Answers given up because the client went", registry=self.registry
        )
        self.working = Gauge("rag_answers_in_progress", "Answers being worked on", registry=self.registry)
        self.documents = Gauge("rag_documents", "Documents in the index", registry=self.registry)
        self.passages = Gauge("rag_passages", "Passages in the index", registry=self.registry)

    def render(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)
