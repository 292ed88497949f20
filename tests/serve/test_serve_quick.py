"""Gradio imported lean is Gradio: nothing that stood in for something is left behind, and a failure falls back."""

from __future__ import annotations

import subprocess
import sys

LEAN = """
import sys
from rag.serve import quick
assert quick.import_gradio({alone}) is sys.modules["gradio"]
import gradio, gradio.events, inspect, jinja2
assert not any(type(m).__name__ == "_Later" for m in sys.modules.values())
assert gradio.events.Template is jinja2.Template
assert jinja2.Template("{{{{ a }}}}").render(a="b") == "b"
assert inspect.getfile(gradio.Button).endswith("button.py")
with quick.one_application(), gradio.Blocks() as blocks:
    gradio.Button("x").click(lambda: None)
app = gradio.routes.App.create_app(blocks)
assert app.get_blocks() is blocks
import gradio.caching
assert gradio.caching.pd.DataFrame({{"a": [1]}}).shape == (1, 1)
import pandas
assert sys.modules["pandas"] is pandas and pandas.DataFrame
import gradio.cli
assert callable(gradio.cli.deploy)
"""

FALLBACK = """
import sys
from rag.serve import quick
def broken(*_, **__):
    raise TypeError("a part that has moved")
quick._Verbatim.render = broken
gradio = quick.import_gradio()
import jinja2
assert gradio.events.Template is jinja2.Template and "pandas" in sys.modules
"""


def run(script: str) -> None:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_nothing_that_stood_in_is_left_behind() -> None:
    run(LEAN.format(alone=True))


def test_beside_other_imports_nothing_stands_in() -> None:
    run(LEAN.format(alone=False))


def test_gradio_starts_its_own_way_where_the_lean_one_fails() -> None:
    run(FALLBACK)
