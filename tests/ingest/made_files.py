"""Makes the files that the tests read: PDFs with a Unicode map, Word documents, archives that lie."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path


def _utf16(text: str) -> str:
    return text.encode("utf-16-be").hex().upper()


def make_pdf(path: Path, pages: Sequence[Sequence[str]], info: dict[str, str] | None = None) -> Path:
    """A PDF whose font maps glyph numbers to Unicode through a ToUnicode CMap, one line of text per string."""
    letters = sorted({c for page in pages for line in page for c in line})
    glyph = {c: i + 1 for i, c in enumerate(letters)}
    chunks = [letters[i : i + 100] for i in range(0, len(letters), 100)]
    maps = "\n".join(
        f"{len(chunk)} beginbfchar\n" + "\n".join(f"<{glyph[c]:04X}> <{_utf16(c)}>" for c in chunk) + "\nendbfchar"
        for chunk in chunks
    )
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /T def /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <FFFF> endcodespacerange\n{maps}\nendcmap end end"
    )
    objects: list[bytes] = []

    def add(body: bytes) -> int:
        objects.append(body)
        return len(objects)

    def stream(data: bytes) -> bytes:
        packed = zlib.compress(data)
        return b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)

    catalog, tree = add(b""), add(b"")
    to_unicode = add(stream(cmap.encode()))
    descendant = add(
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /T /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 500 >>"
    )
    font = add(
        b"<< /Type /Font /Subtype /Type0 /BaseFont /T /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>"
        % (descendant, to_unicode)
    )
    kids = []
    for page in pages:
        lines = [
            f"1 0 0 1 60 {780 - 16 * n} Tm <{''.join(f'{glyph[c]:04X}' for c in line)}> Tj"
            for n, line in enumerate(page)
            if line
        ]
        content = add(stream(("BT /F1 11 Tf\n" + "\n".join(lines) + "\nET").encode()))
        kids.append(
            add(
                b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 %d 0 R >> >> /Contents %d 0 R >>"
                % (tree, font, content)
            )
        )
    objects[catalog - 1] = b"<< /Type /Catalog /Pages %d 0 R >>" % tree
    objects[tree - 1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(b"%d 0 R" % k for k in kids), len(kids))
    trailer = b"/Root %d 0 R" % catalog
    if info:
        pairs = b" ".join(b"/%s <FEFF%s>" % (k.encode(), _utf16(v).encode()) for k, v in info.items())
        trailer += b" /Info %d 0 R" % add(b"<< %s >>" % pairs)
    return write_objects(path, objects, trailer)


def write_objects(path: Path, objects: Sequence[bytes], trailer: bytes) -> Path:
    """A PDF file of the given object bodies, numbered from 1."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    xref = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    out += b"trailer << /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, xref)
    path.write_bytes(bytes(out))
    return path


def bomb_pdf(path: Path, megabytes: int = 100, layers: int = 2) -> Path:
    """A page whose content stream inflates to ``megabytes`` through ``layers`` of Flate."""
    packer = zlib.compressobj(1)
    data = b"".join(packer.compress(b"(A) Tj " * 142_858) for _ in range(megabytes)) + packer.flush()
    for _ in range(layers - 1):
        data = zlib.compress(data, 9)
    filters = b" ".join([b"/FlateDecode"] * layers)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>",
        b"<< /Length %d /Filter [%s] >>\nstream\n%s\nendstream" % (len(data), filters, data),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    return write_objects(path, objects, b"/Root 1 0 R")


def rewrite_zip(source: Path, target: Path, change: dict[str, bytes], extra: Sequence[tuple[str, bytes]] = ()) -> Path:
    """A copy of a zip archive with some parts replaced or added."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, change.get(entry.filename, old.read(entry)))
        for name, data in extra:
            new.writestr(name, data)
    return target


def lie_about_size(path: Path, name: str, size: int) -> Path:
    """Make the archive's directory state another inflated size for one part than its own header does."""
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02")
    while at >= 0:
        length = struct.unpack("<H", data[at + 28 : at + 30])[0]
        if data[at + 46 : at + 46 + length] == name.encode():
            data[at + 24 : at + 28] = struct.pack("<I", size)
            path.write_bytes(bytes(data))
            return path
        at = data.rfind(b"PK\x01\x02", 0, at)
    raise AssertionError(f"no part {name}")
