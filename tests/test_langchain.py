"""The LangChain faces: the standard retriever tests, and a chain that streams, batches and runs async."""

from __future__ import annotations

import asyncio
import sys
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_tests.integration_tests import RetrieversIntegrationTests

from rag import Document, Index, Rag, RagError, Settings
from rag.errors import UsageError
from rag.langchain import RagRetriever, rag_chain

sys.path.insert(0, str(Path(__file__).resolve().parent))
from tiny_model import make_model

TEAMS = "Đến tháng 10/2022, tỉnh Hà Tĩnh đã thành lập 59 tổ chuyển đổi số cộng đồng cấp xã và 133 tổ cấp thôn."
TEXTS = {
    "ha-tinh.txt": TEAMS + " Các tổ giúp người dân cài đặt chữ ký số.",
    "thanh-hoa.txt": "Thanh Hóa có 187 sản phẩm OCOP được đưa lên sàn thương mại điện tử. Tỷ lệ ký số cơ quan đạt 98%.",
    "hau-giang.txt": "Hậu Giang ra mắt ứng dụng Hậu Giang vào năm 2022. Ứng dụng có 20.000 lượt tải.",
    "tea.txt": "Vùng chè Shan tuyết nằm ở độ cao trên 1.000 m. Người dân hái chè ba vụ một năm.",
}
QUESTION = "Hà Tĩnh có bao nhiêu tổ chuyển đổi số cộng đồng cấp xã?"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Any:
    model = make_model(tmp_path_factory.mktemp("model"), list(TEXTS.values()))
    made = Index.create(tmp_path_factory.mktemp("langchain") / "index", Settings(embedder=str(model)))
    made.add([Document(source, text, title=source[:-4], metadata={"kind": "sample"}) for source, text in TEXTS.items()])
    yield made
    made.close()


# the suite leaves it to its users to say how async tests run
pytest.mark.asyncio(RetrieversIntegrationTests.test_ainvoke_returns_documents)


class TestStandardRetriever(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def _opened(self, index: Index) -> None:
        self.opened = index

    @property
    def retriever_constructor(self) -> type[RagRetriever]:
        return RagRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"index": self.opened, "k": 2}

    @property
    def retriever_query_example(self) -> str:
        return QUESTION


def test_documents_say_where_they_stand(index: Index) -> None:
    document = RagRetriever(index=index, k=1).invoke(QUESTION)[0]
    assert document.metadata["source"] == "ha-tinh.txt" and document.metadata["rank"] == 1
    assert document.metadata["kind"] == "sample"
    whole = index.document("ha-tinh.txt").text
    assert whole[document.metadata["start"] : document.metadata["end"]] == document.page_content


def test_filters_and_a_path(index: Index) -> None:
    found = RagRetriever(index=str(index.path), settings=index.settings, sources=["thanh*"], k=4).invoke(QUESTION)
    assert [d.metadata["source"] for d in found] == ["thanh-hoa.txt"]
    assert RagRetriever(index=index, where={"kind": "other"}).invoke(QUESTION) == []


def test_chain_answers_with_citations(index: Index) -> None:
    chain = rag_chain(index)
    assert isinstance(chain, Runnable)
    out = chain.invoke({"question": QUESTION})
    assert out["status"] == "answered" and "59" in out["answer"] and "[1]" in out["answer"]
    cited = out["citations"][0]
    assert cited["source"] == "ha-tinh.txt"
    assert index.document("ha-tinh.txt").text[cited["start"] : cited["end"]] == cited["quote"]
    assert out["context"][0].metadata["source"] == "ha-tinh.txt"


def test_stream_adds_up_to_invoke(index: Index) -> None:
    chain = rag_chain(Rag(index), k=3)
    whole = chain.invoke(QUESTION)
    parts = list(chain.stream(QUESTION))
    assert len(parts) >= 3 and "context" in parts[0]
    assert reduce(add, parts) == whole


def test_async_and_batch(index: Index) -> None:
    chain = rag_chain(index.path, settings=index.settings)

    async def both() -> tuple[dict[str, Any], list[dict[str, Any]]]:
        return await chain.ainvoke(QUESTION), [part async for part in chain.astream(QUESTION)]

    whole, parts = asyncio.run(both())
    assert reduce(add, parts) == whole and "59" in whole["answer"]
    batch = chain.batch([QUESTION, "Tỷ lệ ký số cơ quan ở Thanh Hóa là bao nhiêu?"])
    assert "59" in batch[0]["answer"] and "98" in batch[1]["answer"]


def test_chain_composes(index: Index) -> None:
    chain = RunnableLambda(lambda s: {"question": s}) | rag_chain(index) | RunnableLambda(lambda out: out["answer"])
    assert "59" in chain.invoke(QUESTION)
    assert "59" in "".join(chain.stream(QUESTION))


def test_history_as_messages(index: Index) -> None:
    history = [HumanMessage("Hà Tĩnh có bao nhiêu tổ chuyển đổi số cộng đồng cấp xã?"), AIMessage("59 tổ [1].")]
    out = rag_chain(index).invoke({"input": "Còn cấp thôn thì sao?", "chat_history": history})
    pairs = rag_chain(index).invoke(
        {"question": "Còn cấp thôn thì sao?", "history": [(history[0].content, history[1].content)]}
    )
    assert out["query"] == pairs["query"] != "Còn cấp thôn thì sao?"


def test_a_refusal_is_an_answer_and_a_failure_is_none(index: Index) -> None:
    refused = rag_chain(index).invoke("Cách nấu phở bò ngon tại nhà?")
    assert refused["status"] == "abstained" and refused["citations"] == [] and refused["answer"]
    assert reduce(add, rag_chain(index).stream("Cách nấu phở bò ngon tại nhà?")) == refused
    failed = rag_chain(index).invoke("")
    assert failed["status"] == "failed" and "empty" in failed["error"]
    with pytest.raises(RagError, match="empty"):
        rag_chain(index, raise_failures=True).invoke("")


def test_bad_input_is_named(index: Index) -> None:
    with pytest.raises(UsageError, match="no 'question'"):
        rag_chain(index).invoke({"text": "?"})
    with pytest.raises(RagError):
        rag_chain(Path("/nowhere/index"))
