"""Chapters in a real JupyterLab, from top to bottom: their widgets live, their exercises ask.

The first chapter, which trains, has `test_start_here.py`.
"""

import shutil

import pytest

from mxbook.book import chapters

from .conftest import ROOT
from .test_lab import open_notebook, save
from .test_start_here import photograph, printed

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RUN_ALL = "() => jupyterapp.commands.execute('notebook:run-all-cells').then(() => true)"
WIDGETS = {
    "01-looking-inside": (".mxb-graph", ".mxb-timeline", ".mxb-curves"),
    "02-ndarray": (".mxb-timeline",),
    "03-engine": (".mxb-playground", ".mxb-timeline"),
    "06-autograd": (".mxb-graph",),
    "11-memory-planning": (".mxb-memory",),
    "15-training-loop": (".mxb-curves", ".mxb-graph"),
}


@pytest.fixture
def course(lab):
    """The folder of the chapters, without outputs, beside the things that they link to."""
    folder = lab.folder / "course" / "notebooks"
    shutil.copytree(ROOT / "notebooks", folder)
    for chapter in chapters.inside(folder):
        notebook = chapters.read(chapter.path)
        for _, cell in chapters.code_cells(notebook):
            cell["outputs"], cell["execution_count"] = [], None
        chapters.write(chapter.path, notebook)
    yield "course/notebooks"
    shutil.rmtree(folder.parent)


@pytest.mark.parametrize("name", WIDGETS)
def test_a_chapter(lab, open_page, course, pictures, name):
    page = open_page()
    open_notebook(lab, page, f"{course}/{name}.ipynb")
    page.evaluate(RUN_ALL)  # returns when the last cell has run
    text = printed(save(lab, page, f"{course}/{name}.ipynb"))
    assert f"{name[:2]}.1 todo" in text
    assert " wrong, because" not in text
    scroller = page.locator(".jp-WindowedPanel-outer").first
    for widget in WIDGETS[name]:
        # Cells that are far away are not in the page: look for the widget screen by screen.
        for top in range(0, scroller.evaluate("e => e.scrollHeight"), 700):
            scroller.evaluate("(e, top) => { e.scrollTop = top }", top)
            page.wait_for_timeout(50)
            if page.locator(widget).count():
                break
        assert page.locator(widget).count(), widget
    if pictures:
        photograph(page, pictures, name)
