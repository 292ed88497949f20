"""The index folder: one SQLite file as the truth, and search structures derived from it."""

from rag.ingest.changes import Change, Fingerprint, Put, Remove
from rag.store.snapshot import Snapshot
from rag.store.store import Store
from rag.store.writer import Writer

__all__ = ["Change", "Fingerprint", "Put", "Remove", "Snapshot", "Store", "Writer"]
