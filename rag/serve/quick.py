"""Import Gradio, and build its page, without the parts that a server never uses.

Half of the time Gradio needs to start goes into editor stubs and documentation of its events, a table library and a
command line that this page does not need, and applications that it makes and throws away. Knows Gradio's insides by
name, and only here; where a name is not as expected, Gradio starts in its own way, which is slower and otherwise equal.
"""

from __future__ import annotations

import gc
import importlib
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

_LATER = ("pandas",)
_NEVER = {"gradio.cli": ("deploy",)}


class _Later(ModuleType):
    """Stands for a module until something of it is wanted."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


class _Verbatim:
    """A template that is left as it is: only the documentation strings of events are made with it."""

    def __init__(self, source: str) -> None:
        self.source = source

    def render(self, *_: Any, **__: Any) -> str:
        return self.source


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep the garbage collector out of a start-up, in which next to nothing becomes garbage.

    What is there at the end is set apart, so that later collections do not look through it again and again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.collect()
        gc.freeze()
        if was_on:
            gc.enable()


def import_gradio(alone: bool = True) -> ModuleType:
    """Gradio, imported lean; by its own way where that fails. Raises ImportError when it is not there at all.

    ``alone``: no other thread imports large libraries meanwhile, which could come upon what stands in for one.
    """
    if "gradio" in sys.modules:
        return sys.modules["gradio"]
    try:
        with _lean(alone):
            return importlib.import_module("gradio")
    except Exception:
        for name in [n for n in sys.modules if n == "gradio" or n.startswith("gradio.")]:
            del sys.modules[name]
        return importlib.import_module("gradio")


@contextmanager
def _lean(alone: bool) -> Iterator[None]:
    import jinja2

    stand_ins: dict[str, ModuleType] = {name: _Later(name) for name in _LATER if alone}
    for name, members in _NEVER.items():
        stand_ins[name] = ModuleType(name)
        vars(stand_ins[name]).update(dict.fromkeys(members))
    stand_ins = {name: module for name, module in stand_ins.items() if name not in sys.modules}
    template, ask = jinja2.Template, inspect.getfile

    def getfile(thing: Any) -> str:
        # Gradio leaves a class alone whose file it cannot learn; of others it writes editor stubs into its own folder.
        if isinstance(thing, type) and thing.__module__.startswith("gradio."):
            raise OSError("no stub files")
        return ask(thing)

    sys.modules.update(stand_ins)
    jinja2.Template, inspect.getfile = _Verbatim, getfile  # type: ignore[assignment,misc]
    try:
        yield
    finally:
        jinja2.Template, inspect.getfile = template, ask  # type: ignore[misc]
        for name, module in stand_ins.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
        for name in ("gradio.events", "gradio.component_meta"):
            if vars(sys.modules.get(name, sys)).get("Template") is _Verbatim:
                sys.modules[name].Template = template  # type: ignore[attr-defined]


@contextmanager
def one_application() -> Iterator[None]:
    """While a page is put together: Gradio makes an application at each step, of which only the mounted one is served."""
    routes = importlib.import_module("gradio.routes")
    make = inspect.getattr_static(routes.App, "create_app", None)
    if make is None:
        yield
        return
    routes.App.create_app = staticmethod(lambda *_, **__: None)
    try:
        yield
    finally:
        routes.App.create_app = make
