"""`/v1/documents`: list, read, add and remove.

Knows HTTP and the service. A document is sent, never fetched: nothing here opens a connection. Uploaded files are
written under names of our own inside one folder, read once, and deleted.
"""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from rag.errors import UsageError
from rag.serve.api import Workers
from rag.serve.service import Service
from rag.types import Document
from rag.wire import document_dict, report_dict

TYPES = (".txt", ".md", ".html", ".htm", ".pdf", ".docx", ".jsonl", ".csv", ".json")
_NAME_BYTES = 200


class NewDocument(BaseModel):
    """A text to add. ``source`` names it: adding the same source again replaces it."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(min_length=1, max_length=300)
    text: str = Field(min_length=1)
    title: str = Field(default="", max_length=500)
    date: str | None = Field(default=None, pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")
    language: str = Field(default="", max_length=12)
    metadata: dict[str, Any] = {}


class NewDocuments(BaseModel):
    """Texts to add in one go."""

    model_config = ConfigDict(extra="forbid")

    documents: list[NewDocument] = Field(min_length=1)


class Sources(BaseModel):
    """The documents to remove."""

    model_config = ConfigDict(extra="forbid")

    sources: list[str] = Field(min_length=1, max_length=10_000)


def safe_name(name: str) -> str:
    """The last part of a file name, fit to be a file's name here. Raises UsageError when nothing is left of it."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    last = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip().lstrip(".")
    stem, dot, ending = last.rpartition(".")
    while len(last.encode()) > _NAME_BYTES and stem:
        stem = stem[:-1]
        last = stem + dot + ending
    if not last or len(last.encode()) > _NAME_BYTES:
        raise UsageError(f"file name {name[:80]!r} has nothing usable: send a name such as report.pdf")
    return last


def check_upload(names: Sequence[str], sizes: Sequence[int], service: Service) -> None:
    """Raise before any work when there are too many files, or one is too large or of an unknown type."""
    settings = service.settings
    if len(names) > settings.max_upload_files:
        raise HTTPException(413, f"{len(names)} files at once; at most {settings.max_upload_files} are allowed")
    for name, size in zip(names, sizes, strict=True):
        if Path(name).suffix.lower() not in TYPES:
            raise HTTPException(415, f"{name}: this type is not read; send one of {', '.join(TYPES)}")
        if size > settings.max_upload_mb * 1024 * 1024:
            raise HTTPException(413, f"{name}: larger than {settings.max_upload_mb:g} MB")


@contextmanager
def upload_folder(service: Service) -> Iterator[Path]:
    """A private folder for one upload, gone afterwards."""
    service.uploads.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(mkdtemp(dir=service.uploads))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def router(service: Service, workers: Workers) -> APIRouter:
    """The routes of this file."""
    routes = APIRouter(prefix="/v1", tags=["documents"])

    @routes.get("/documents", summary="Every document; with ?source=... one, with its text")
    async def listing(source: str | None = Query(default=None, max_length=1000)) -> dict[str, Any]:
        if source is None:
            found = await workers.run(service.documents)
            return {"documents": [document_dict(d) for d in found]}
        infos = {d.source: d for d in await workers.run(service.documents)}
        if source not in infos:
            raise HTTPException(404, f"no document {source[:200]!r}; GET /v1/documents lists them")
        document = await workers.run(service.document, source)
        return {**document_dict(infos[source]), "text": document.text}

    @routes.post(
        "/documents",
        summary="Add or replace documents: multipart files, or JSON texts",
        openapi_extra={
            "requestBody": {
                "content": {
                    "multipart/form-data": {
                        "schema": {
                            "type": "object",
                            "properties": {"files": {"type": "array", "items": {"type": "string", "format": "binary"}}},
                        }
                    },
                    "application/json": {
                        "schema": NewDocuments.model_json_schema(ref_template="#/components/schemas/{model}")
                    },
                }
            }
        },
    )
    async def add(request: Request) -> dict[str, Any]:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "multipart/form-data":
            return await _add_files(request, service, workers)
        if kind == "application/json":
            return await _add_texts(request, service, workers)
        raise HTTPException(415, "send multipart/form-data with 'files', or application/json with 'documents'")

    @routes.delete("/documents", summary="Remove documents: ?source=... (repeatable) or a JSON body {sources: [...]}")
    async def remove(request: Request, source: list[str] | None = Query(default=None)) -> dict[str, Any]:  # noqa: B008
        named = list(source or ())
        if body := await request.body():
            named += Sources.model_validate_json(body).sources
        if not named:
            raise UsageError('name the documents to remove: ?source=... or {"sources": [...]}')
        known = {d.source for d in await workers.run(service.documents)}
        if missing := [s for s in named if s not in known]:
            raise HTTPException(404, f"no document {missing[0][:200]!r}; GET /v1/documents lists them")
        return report_dict(await workers.finish(service.remove, named))

    return routes


async def _add_files(request: Request, service: Service, workers: Workers) -> dict[str, Any]:
    most = service.settings.max_upload_files
    async with request.form(max_files=most, max_fields=20) as form:
        files = [part for _, part in form.multi_items() if isinstance(part, UploadFile)]
        if not files:
            raise UsageError("no file in the request: send multipart parts named 'files' with a filename")
        names = [safe_name(f.filename or "") for f in files]
        check_upload(names, [f.size or 0 for f in files], service)
        with upload_folder(service) as folder:
            paths = []
            for number, (name, file) in enumerate(zip(names, files, strict=True)):
                # two files of one name in one request stay two files; the index tells them apart
                place = folder / str(number)
                place.mkdir()
                path = place / name
                with path.open("wb") as out:
                    while piece := await file.read(1 << 20):
                        out.write(piece)
                paths.append(path)
            return report_dict(await workers.finish(service.add, paths))


async def _add_texts(request: Request, service: Service, workers: Workers) -> dict[str, Any]:
    body = NewDocuments.model_validate_json(await request.body())
    if len(body.documents) > service.settings.max_upload_files:
        raise HTTPException(
            413, f"{len(body.documents)} documents at once; at most {service.settings.max_upload_files}"
        )
    documents = []
    for new in body.documents:
        if len(new.text.encode()) > service.settings.max_upload_mb * 1024 * 1024:
            raise HTTPException(413, f"{new.source}: larger than {service.settings.max_upload_mb:g} MB")
        documents.append(
            Document(
                source=new.source,
                text=unicodedata.normalize("NFC", new.text),
                title=new.title,
                date=new.date,
                language=new.language,
                metadata=new.metadata,
            )
        )
    return report_dict(await workers.finish(service.add, documents))
