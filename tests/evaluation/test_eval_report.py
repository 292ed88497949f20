"""Reports: JUnit XML, Markdown, and the page, also in a real browser with the network off."""

from __future__ import annotations

import os
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from rag.errors import EvaluationError, UsageError
from rag.evaluation import page, plots, report, runs
from rag.evaluation.metrics import STAGES
from rag.evaluation.sets import Evidence, Question, QuestionSet
from rag.evaluation.summary import tradeoff
from rag.types import Document
from tests.evaluation.eval_fakes import DOCUMENTS, FakeIndex, FakeRag, entails
from tests.evaluation.test_eval_runs import SET

EVIL = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
HARD = QuestionSet(
    "mixed",
    (
        *SET.questions,
        Question(
            "wrong",
            f"Giám đốc Sở là ai? {EVIL}",
            (),
            (("Nguyễn Văn A", "Ông A"), ("Bà B",)),
            (Evidence("ha-tinh.md", "Giám đốc Sở"),),
            tags=("vi", "person", "multi"),
        ),
        Question("refused", "Lệ gì?", (), (("99.15 %",),), (Evidence("ha-tinh.md", "99,15%"),), tags=("vi", "number")),
        Question("lured", "How many hectares does the forest cover?", answerable=False, tags=("en", "near-miss")),
        Question("broken", "Câu này hỏng \x07?", (), (("x",),), (Evidence("evil.md", EVIL),), tags=("vi",)),
    ),
)


def mixed(out: Path | None = None) -> runs.Run:
    rag = FakeRag(FakeIndex((*DOCUMENTS, Document("evil.md", f"Văn bản {EVIL} tại đây.", EVIL))))
    rag.crash = {HARD.questions[-1].question}
    return runs.run(HARD, rag, out=out, entails=entails)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report")
    assert [p.name for p in report.write(mixed(out))] == ["report.html", "summary.md", "junit.xml"]
    return out


def test_junit(folder: Path) -> None:
    suite = ElementTree.parse(folder / "junit.xml").getroot()
    assert (suite.get("name"), suite.get("tests"), suite.get("failures"), suite.get("errors")) == (
        "mixed",
        "9",
        "3",
        "1",
    )
    cases = {str(c.get("name")).split(":")[0]: c for c in suite}
    assert list(cases["q1"]) == []
    wrong = cases["wrong"].find("failure")
    assert wrong is not None and wrong.get("message") == "retrieved, not read"
    assert "gold: Nguyễn Văn A / Ông A; Bà B\nanswer: " in str(wrong.text)
    assert cases["refused"].find("failure").get("message") == "read, wrongly refused"  # type: ignore[union-attr]
    assert "gold: (not in the documents)" in str(cases["lured"].find("failure").text)  # type: ignore[union-attr]
    error = cases["broken"].find("error")
    assert error is not None and "RuntimeError: boom" in str(error.text)
    assert "\x07" not in (folder / "junit.xml").read_text(encoding="utf-8")


def test_markdown(folder: Path) -> None:
    text = (folder / "summary.md").read_text(encoding="utf-8")
    assert "| right | 0.556 | 0.267 – 0.811 |" in text
    assert "| answered the unanswerable | 1 |" in text and "| failed | 1 |" in text
    rows = {line.split(" | ")[0].strip("| "): line for line in text.splitlines() if line.startswith("| ")}
    assert {"all", "vi", "en", "near-miss", "answerable", "unanswerable"} <= set(rows)
    assert rows["off-topic"].startswith("| off-topic | 1 | 1.000 | – | – |")


class Tags(HTMLParser):
    """Collects tags, attributes and text, so that a test reads the page as a browser would."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_holds_what_people_decide_by(folder: Path) -> None:
    source = (folder / "report.html").read_text(encoding="utf-8")
    parsed = Tags()
    parsed.feed(source)
    names = [tag for tag, _ in parsed.tags]
    assert "script" not in names and "img" not in names and "iframe" not in names
    links = [a for _, attrs in parsed.tags for k, a in attrs.items() if k in ("src", "href") and a]
    assert links == ["data:,"] and "@import" not in source and "url(" not in source
    assert names.count("figure") == 5 and names.count("details") == 4
    text = " ".join(parsed.text)
    for part in ("Recall@k", "Abstention trade-off", "Latency", "Where questions went", "retrieved, not read (1)"):
        assert part in text, part
    assert "Nguyễn Văn A / Ông A; Bà B" in text and "rank 1" in text, "gold and the evidence's rank"
    assert f"“Văn bản {EVIL} tại đây.” [1]" in text and "RuntimeError: boom" in text
    assert EVIL in text, "shown as text"
    assert "ha-tinh.md:" in text and "— Giám đốc Sở là ông Lê Văn Dũng." in text, "retrieved passages by their text"


def test_a_run_without_a_folder_or_with_a_lost_one(tmp_path: Path) -> None:
    run = mixed()
    with pytest.raises(UsageError, match="has no folder"):
        report.write(run)
    lost = mixed(tmp_path / "out")
    shutil.rmtree(tmp_path / "out")
    with pytest.raises(EvaluationError, match="give a folder that can be written"):
        report.write(lost)


def test_a_set_without_answerable_or_unanswerable_questions() -> None:
    only = runs.run(QuestionSet("no", SET.questions[3:4]), FakeRag(), entails=entails)  # type: ignore[arg-type]
    source = page.html(only)
    assert "Abstention trade-off" not in source and "Recall@k" not in source and "<p>None.</p>" in source
    assert report.markdown(only).count("–") > 5


def test_the_tradeoff_starts_where_the_system_stands_and_ends_in_refusing_all() -> None:
    run = mixed()
    points = tradeoff(run.questions, run.scores)
    everything = run.summary["all"]
    answerable = [s for q, s in zip(run.questions, run.scores) if q.answerable]
    stands = sum(s.status != "answered" for s in answerable) / len(answerable)
    assert points[0][1:] == (stands, everything["false_answer"]) and points[-1][1:] == (1.0, 0.0)
    assert [p[1] for p in points] == sorted(p[1] for p in points)
    assert [p[2] for p in points] == sorted((p[2] for p in points), reverse=True)


def test_plots_draw_their_numbers() -> None:
    drawn = plots.bars([("a<b", 4, 0.5, 0.2, 0.8), ("none", 1, 0.0, 0.0, 0.9)])
    assert "a&lt;b: 50.0% of 4, 95 % interval 20.0% to 80.0%" in drawn
    widths = [float(w) for w in re.findall(r'class="bar"[^>]* width="([\d.]+)"', drawn)]
    assert widths[0] > 100 > widths[1] > 0
    drawn = plots.stacked([("x", [("right", "s0", 3), ("failed", "s8", 1)])])
    assert "x: failed 1 of 4 (25.0%)" in drawn
    a, b = (float(w) for w in re.findall(r'<rect class="s\d"[^>]* width="([\d.]+)"', drawn))
    assert a == pytest.approx(3 * b, rel=0.05)
    drawn = plots.histogram([1, 2, 2, 500], "ms", [("p50", 2.0)])
    assert "p50 2" in drawn and "and more ms: 1" in drawn
    assert plots.histogram([], "ms") and plots.histogram([0.0, 0.0], "ms", [("p50", 0.0)])
    drawn = plots.curve(
        [(1, 0.2), (2, 0.9)],
        "k",
        "recall",
        x_range=(1, 2),
        ticks=(1, 2),
        band=[(0.1, 0.3), (0.8, 1.0)],
        here=(1, 0.2),
        dots=True,
    )
    assert "k 2: 90.0%" in drawn and drawn.count("<circle") == 3 and "<polygon" in drawn
    assert "polyline" not in plots.curve([], "x", "y")


def test_stage_names_have_a_meaning_and_a_colour() -> None:
    assert set(page._MEANING) == set(STAGES)
    assert all(f".s{i}{{" in page._STYLE for i in range(len(STAGES)))


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_opens_offline_in_a_browser(folder: Path, tmp_path: Path, scheme: str) -> None:
    browser_path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser_path is None:
        if os.environ.get("RAG_REQUIRE_BROWSER"):
            pytest.fail("RAG_REQUIRE_BROWSER is set, but no Chromium is installed")
        pytest.skip("no Chromium on this machine")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        tab = browser.new_context(offline=True, color_scheme=scheme, viewport={"width": 390, "height": 800}).new_page()
        said: list[str] = []
        asked: list[str] = []
        tab.on("console", lambda m: said.append(m.text))
        tab.on("pageerror", lambda e: said.append(str(e)))
        tab.on("request", lambda r: asked.append(r.url))
        address = (folder / "report.html").as_uri()
        tab.goto(address)
        tab.locator("details summary").first.click()
        assert tab.locator("details[open] .pair").first.is_visible()
        assert tab.title() == "Evaluation: mixed", "nothing of a question ran"
        assert tab.locator("svg[role=img]").count() == 5
        wide = tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert wide, "the page itself does not scroll sideways on a phone"
        assert tab.screenshot(full_page=True)
        browser.close()
    assert said == [] and [u for u in asked if u != address and not u.startswith("data:")] == []
