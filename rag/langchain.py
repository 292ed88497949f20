"""The library inside LangChain: a retriever and a question-answering chain.

    from rag.langchain import RagRetriever, rag_chain
    RagRetriever(index="index/default", k=5).invoke("Hà Tĩnh có bao nhiêu tổ CĐS?")
    rag_chain("index/default").invoke({"question": "…", "history": [("q", "a")]})["answer"]

Only this module and the model adapter import LangChain. Uses the public names of ``rag`` alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rag import Answer, Hit, Index, Rag, RagError, Retriever, Settings
from rag.errors import MissingDependency, UsageError
from rag.types import Event, Retrieved, Token

try:
    from langchain_core.callbacks import CallbackManagerForRetrieverRun
    from langchain_core.documents import Document
    from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import Runnable, RunnableConfig
    from langchain_core.runnables.utils import AddableDict
except ImportError as exc:  # pragma: no cover
    raise MissingDependency(f"rag.langchain needs langchain-core ({exc}); pip install langchain-core") from exc

__all__ = ["RagChain", "RagRetriever", "rag_chain"]


def to_document(hit: Hit) -> Document:
    """A hit as a LangChain document: the passage's text, and where it stands as metadata."""
    p = hit.passage
    metadata = {
        **p.metadata,
        "source": p.source,
        "title": p.title,
        "heading": p.heading,
        "date": p.date,
        "language": p.language,
        "page": p.page,
        "start": p.start,
        "end": p.end,
        "score": hit.score,
        "rank": hit.rank,
    }
    return Document(page_content=p.text, metadata=metadata, id=f"{p.source}:{p.start}-{p.end}")


class RagRetriever(BaseRetriever):
    """Passages of an index as LangChain documents.

    ``index`` is an open Index or the path of one. ``k`` passages are returned, or as many as ``invoke(…, k=…)`` asks for.
    ``sources``, ``date_from``, ``date_to`` and ``where`` (metadata that must be equal) filter as ``Retriever.search`` does.
    """

    index: Any
    k: int = 10
    sources: list[str] | None = None
    date_from: str | None = None
    date_to: str | None = None
    where: dict[str, Any] | None = None
    settings: Any = None

    _retriever: Any = None

    def model_post_init(self, context: Any, /) -> None:
        """Open the index where a path was given."""
        index = Index.open(self.index, self.settings) if isinstance(self.index, (str, Path)) else self.index
        self._retriever = Retriever(index, self.settings)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        hits = self._retriever.search(
            query,
            self.k if k is None else k,
            sources=self.sources,
            date_from=self.date_from,
            date_to=self.date_to,
            metadata=self.where,
        )
        return [to_document(hit) for hit in hits]


Input = str | Mapping[str, Any]


class RagChain(Runnable[Input, dict[str, Any]]):
    """Asks a ``Rag``. Input: a question, or {"question" (or "input"), "history" (or "chat_history")}.

    Output: {"question", "query", "context": documents, "answer": text with [n], "status", "short", "language", "citations",
    "usage", "error", "complete"}. ``stream`` yields parts of it that add up to the whole, "answer" in pieces as they are
    verified. A failure is an output with status "failed"; with ``raise_failures`` it is raised as RagError.
    """

    def __init__(self, rag: Rag, k: int | None = None, raise_failures: bool = False) -> None:
        self.rag = rag
        self.k = k
        self.raise_failures = raise_failures

    def invoke(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> dict[str, Any]:
        """The whole output for one input."""
        return self._call_with_config(self._invoke, input, config, **kwargs)

    async def ainvoke(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> dict[str, Any]:
        """``invoke`` off the event loop."""
        return await self._acall_with_config(self._ainvoke, input, config, **kwargs)

    def stream(
        self, input: Input, config: RunnableConfig | None = None, **kwargs: Any | None
    ) -> Iterator[dict[str, Any]]:
        """Parts of the output, in order; their sum is what ``invoke`` gives."""
        yield from self.transform(iter([input]), config, **kwargs)

    async def astream(
        self, input: Input, config: RunnableConfig | None = None, **kwargs: Any | None
    ) -> AsyncIterator[dict[str, Any]]:
        """``stream`` off the event loop."""

        async def one() -> AsyncIterator[Input]:
            yield input

        async for part in self.atransform(one(), config, **kwargs):
            yield part

    def transform(
        self, input: Iterator[Input], config: RunnableConfig | None = None, **kwargs: Any | None
    ) -> Iterator[dict[str, Any]]:
        """Stream the output for the last item of ``input``."""
        yield from self._transform_stream_with_config(input, self._parts, config, **kwargs)

    async def atransform(
        self, input: AsyncIterator[Input], config: RunnableConfig | None = None, **kwargs: Any | None
    ) -> AsyncIterator[dict[str, Any]]:
        """``transform`` off the event loop."""
        async for part in self._atransform_stream_with_config(input, self._aparts, config, **kwargs):
            yield part

    # the work

    def _invoke(self, input: Input) -> dict[str, Any]:
        question, history, k = self._asked(input)
        answer = self.rag.ask(question, history, k)
        return dict(_opening(question, answer.hits) | {"answer": answer.text} | self._closing(answer))

    async def _ainvoke(self, input: Input) -> dict[str, Any]:
        question, history, k = self._asked(input)
        answer = await self.rag.aask(question, history, k)
        return dict(_opening(question, answer.hits) | {"answer": answer.text} | self._closing(answer))

    def _parts(self, inputs: Iterator[Input]) -> Iterator[dict[str, Any]]:
        for input in inputs:
            question, history, k = self._asked(input)
            parts = _Parts(question, self)
            for event in self.rag.stream(question, history, k):
                yield from parts.of(event)

    async def _aparts(self, inputs: AsyncIterator[Input]) -> AsyncIterator[dict[str, Any]]:
        async for input in inputs:
            question, history, k = self._asked(input)
            parts = _Parts(question, self)
            async for event in self.rag.astream(question, history, k):
                for part in parts.of(event):
                    yield part

    def _asked(self, input: Input) -> tuple[str, list[tuple[str, str]], int | None]:
        if isinstance(input, str):
            return input, [], self.k
        question = input.get("question", input.get("input"))
        if not isinstance(question, str):
            raise UsageError(
                f"the chain's input {dict(input)!r} has no 'question'; give a string or {{'question': …, 'history': […]}}"
            )
        return question, _history(input.get("history", input.get("chat_history")) or ()), input.get("k", self.k)

    def _closing(self, answer: Answer) -> dict[str, Any]:
        if self.raise_failures and answer.status == "failed":
            raise RagError(answer.error or "the question could not be answered")
        return {
            "query": answer.query,
            "status": answer.status,
            "short": list(answer.short),
            "language": answer.language,
            "citations": [asdict(c) for c in answer.citations],
            "usage": dict(answer.usage),
            "error": answer.error,
            "complete": answer.complete,
        }


class _Parts:
    """Turns the events of one answer into parts of the output that add up to it."""

    def __init__(self, question: str, chain: RagChain) -> None:
        self.question, self.chain = question, chain
        self.shown, self.opened = "", False

    def of(self, event: Event) -> Iterator[dict[str, Any]]:
        if isinstance(event, Retrieved):
            self.opened = True
            yield AddableDict(_opening(self.question, event.hits))
        elif isinstance(event, Token):
            self.shown += event.text
            yield AddableDict({"answer": event.text})
        else:
            if not self.opened:
                yield AddableDict(_opening(self.question, event.hits))
            rest = event.text[len(self.shown) :] if event.text.startswith(self.shown) else ""
            if rest or not self.shown:
                yield AddableDict({"answer": rest})
            yield AddableDict(self.chain._closing(event))


def _opening(question: str, hits: Sequence[Hit]) -> dict[str, Any]:
    return {"question": question, "context": [to_document(h) for h in hits]}


def _history(turns: Sequence[Any]) -> list[tuple[str, str]]:
    """Pairs as they are, or LangChain messages paired up: a human's with the assistant's that follows."""
    out: list[tuple[str, str]] = []
    asked: str | None = None
    for turn in turns:
        if isinstance(turn, BaseMessage):
            text = str(turn.text)
            if isinstance(turn, HumanMessage):
                asked = text
            elif isinstance(turn, AIMessage) and asked is not None:
                out.append((asked, text))
                asked = None
        else:
            question, answer = turn
            out.append((str(question), str(answer)))
    return out


def rag_chain(
    rag: Rag | Index | str | Path,
    *,
    llm: Any = None,
    settings: Settings | None = None,
    k: int | None = None,
    raise_failures: bool = False,
) -> RagChain:
    """A Runnable that answers questions with citations; ``rag`` may be a Rag, an open Index or the path of one.

    ``llm`` is a name as in ``Rag(index, llm=…)``. Supports invoke, stream, batch and their async forms.
    Raises the errors of ``Index.open`` and ``Rag``.
    """
    if isinstance(rag, (str, Path)):
        rag = Index.open(rag, settings)
    if not isinstance(rag, Rag):
        rag = Rag(rag, llm=llm, settings=settings)
    return RagChain(rag, k, raise_failures)
