"""Question → candidates → scores → hits. Knows the index through its snapshot; knows nothing of readers or answers."""

from rag.retrieve.retriever import Retriever
from rag.retrieve.sentences import SentenceScorer

__all__ = ["Retriever", "SentenceScorer"]
