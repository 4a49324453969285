"""A notebook with all widgets, opened again: trusted or not, with no kernel that knows them, as a
page of nbconvert without a network; and after a restart.
"""

import json

import pytest

from . import conftest
from .test_lab import (
    READY,
    command,
    open_notebook,
    outputs,
    run_all,
    save,
    stop_kernels,
)
from .test_linking import NET, TRAIN

pytestmark = pytest.mark.browser

PLAY = "mx.explain.playground(workers=2, example='two chains')"
CELLS = (NET.strip(), TRAIN, "net.show(x)", PLAY)
WIDGETS = ("timeline", "curves", "graph", "playground")


def run(lab, page, name: str) -> None:
    page.set_viewport_size({"width": 1200, "height": 3200})
    open_notebook(lab, page, name)
    run_all(page)
    for widget in WIDGETS:
        page.wait_for_selector(f".mxb-{widget}")
    page.wait_for_function(
        "document.querySelector('.mxb-curves').mxbookCurves.record.status.status === 'finished'"
    )
    page.wait_for_selector(READY)


@pytest.fixture
def stored(lab, open_page, notebook):
    """The name of a notebook that has run and was saved, and its content; its kernel has gone."""
    name = notebook(*CELLS)
    page = open_page()
    run(lab, page, name)
    content = save(lab, page, name)
    page.context.close()
    stop_kernels(lab)
    return name, content


@pytest.fixture
def gone(monkeypatch):
    """JupyterLab itself complains that the widgets' models are not found."""
    text = "widget model not found"
    monkeypatch.setattr(conftest, "HARMLESS", (*conftest.HARMLESS, text))


def pictures_of(page) -> list[dict]:
    """Alternative text and size of each picture that is loaded."""
    return page.eval_on_selector_all(
        ".jp-OutputArea img",
        "images => images.filter((i) => i.complete && i.naturalWidth > 100)"
        ".map((i) => ({ alt: i.alt, width: i.width, height: i.height }))",
    )


def test_a_trusted_notebook_shows_its_stored_pictures(lab, open_page, stored, gone, pictures):
    name, _ = stored
    page = open_page()
    page.set_viewport_size({"width": 1200, "height": 3200})
    open_notebook(lab, page, name)
    page.wait_for_function("document.querySelectorAll('img.mxbook-stored').length === 4")
    assert page.get_by_text("Error displaying widget").count() == 0
    page.wait_for_function(
        "[...document.querySelectorAll('img.mxbook-stored')].every((i) => i.complete)"
    )
    found = pictures_of(page)
    assert len(found) == 4
    assert all(p["width"] > 200 and p["height"] > 100 for p in found)
    assert "12 steps" in found[1]["alt"]
    if pictures:
        page.screenshot(path=pictures / "reopened-trusted.png")
    # Running it brings the widgets back.
    command(page, "notebook:run-all-cells")
    for widget in WIDGETS:
        page.wait_for_selector(f".mxb-{widget}")
    assert page.locator("img.mxbook-stored").count() == 0


def test_an_untrusted_notebook_shows_them_too(lab, open_page, stored, pictures):
    name, content = stored
    foreign = {"cell_type": "markdown", "id": "foreign", "metadata": {}, "source": "changed"}
    content["cells"].append(foreign)
    (lab.folder / f"copy-{name}").write_text(json.dumps(content))
    page = open_page()
    page.set_viewport_size({"width": 1200, "height": 3200})
    open_notebook(lab, page, f"copy-{name}")
    page.wait_for_function("document.querySelectorAll('.jp-OutputArea img').length === 4")
    assert len(pictures_of(page)) == 4
    assert page.get_by_text("Error displaying widget").count() == 0


def test_nbconvert_makes_a_page_that_needs_no_network(open_page, stored, tmp_path, pictures):
    nbconvert = pytest.importorskip("nbconvert", reason="nbconvert is not installed")
    _, content = stored
    (tmp_path / "stored.ipynb").write_text(json.dumps(content))
    exporter = nbconvert.HTMLExporter()
    exporter.mathjax_url = exporter.require_js_url = exporter.jquery_url = ""
    text, _ = exporter.from_filename(str(tmp_path / "stored.ipynb"))
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    page = open_page(offline=True)
    page.goto((tmp_path / "page.html").as_uri())
    shown = page.locator(".jp-OutputArea img, .jp-OutputArea svg")
    assert shown.count() >= 4
    assert all(box["width"] > 100 for box in (e.bounding_box() for e in shown.all()) if box)
    if pictures:
        page.screenshot(path=pictures / "nbconvert.png", full_page=True)


def test_a_restart_and_another_run_break_nothing(lab, open_page, notebook):
    name = notebook(*CELLS)
    page = open_page()
    run(lab, page, name)
    first = page.evaluate("document.querySelector('.mxb-curves').mxbookCurves.key")
    page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
    )
    page.wait_for_selector(READY)
    # What was there goes on: no kernel is asked.
    page.locator(".mxb-plots").focus()
    page.keyboard.press("End")
    assert page.locator(".mxb-curves .mxb-speech").inner_text().startswith("loss ")
    run_all(page)
    page.wait_for_function(
        f"document.querySelector('.mxb-curves')?.mxbookCurves.key !== '{first}' && "
        "document.querySelector('.mxb-curves')?.mxbookCurves.record.status.status === 'finished'"
    )
    page.wait_for_selector(READY)
    for widget in WIDGETS:
        assert page.locator(f".mxb-{widget}").count() == 1
    content = save(lab, page, name)
    assert len(json.dumps(content)) < 1_000_000
    assert "widgets" not in content["metadata"]
    assert len([d for d in outputs(content) if "image/png" in d]) == 4
