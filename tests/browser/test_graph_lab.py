"""Graph widgets in a real JupyterLab: two views, twenty widgets, run again, kernel restarted."""

import json

import pytest

from .test_lab import READY, command, open_notebook, run_all, save

pytestmark = pytest.mark.browser

NET = """
import mxbook as mx
net = mx.gluon.nn.HybridSequential(prefix="net_")
with net.name_scope():
    for units in (16, 16, 8):
        net.add(mx.gluon.nn.Dense(units, activation="tanh"))
net.initialize()
y = net(mx.nd.ones((4, 8)))
"""
ONE = """
import mxbook_widgets
g = mx.explain.overlaid(net, mx.nd.ones((4, 8)))
w = mxbook_widgets.Graph(g)
w
"""
WIDGETS = ".jp-Notebook .mxb-graph [data-key]"


def idle(page) -> None:
    page.wait_for_function(
        "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
    )
    page.wait_for_selector(READY)


def test_two_views_of_one_widget(lab, notebook, open_page):
    name, page = notebook(NET, ONE, "w", "print('selected', w.selected, w.overlay)"), open_page()
    open_notebook(lab, page, name)
    run_all(page)
    views = page.locator(".mxb-graph")
    views.nth(1).locator("[data-key]").first.wait_for(timeout=25_000)
    idle(page)
    # What one shows, the other shows: selection, numbers over it, open groups; and Python knows.
    views.nth(0).locator(".mxg-field").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    heading = views.nth(0).locator(".mxg-side h4").first.inner_text()
    assert views.nth(1).locator(".mxg-side h4").first.inner_text() == heading
    views.nth(0).get_by_label("numbers over the graph").select_option("buffers of memory")
    for k in (0, 1):
        assert "buffer A" in views.nth(k).locator(".mxg-stage svg").text_content()
        chosen = views.nth(k).get_by_label("numbers over the graph").input_value()
        assert chosen == "buffers of memory"
    page.locator(".jp-Cell").nth(3).locator(".cm-content").click()
    command(page, "notebook:run-cell")
    said = page.locator(".jp-OutputArea-output pre").last
    page.wait_for_function(
        "[...document.querySelectorAll('.jp-OutputArea-output pre')].at(-1)"
        "?.textContent.includes('buffers of memory')"
    )
    assert int(said.inner_text().split()[1]) >= 0
    # Closing one leaves the other alive.
    page.locator(".jp-Cell").nth(2).locator(".cm-content").click()
    command(page, "notebook:clear-cell-output")
    page.wait_for_function("document.querySelectorAll('.mxb-graph').length === 1")
    views.nth(0).locator(".mxg-field").focus()
    page.keyboard.press("ArrowDown")
    assert views.nth(0).locator(".mxg-speech").inner_text()


def test_twenty_widgets_in_one_notebook(lab, notebook, open_page):
    cells = ["mx.explain.graph(net, (4, 8)).show()"] * 20
    name, page = notebook(NET, *cells), open_page(viewport={"width": 1200, "height": 12_000})
    open_notebook(lab, page, name)
    run_all(page)
    page.wait_for_function("document.querySelectorAll('.mxb-graph').length === 20", timeout=120_000)
    idle(page)
    assert page.locator(".mxb-graph").count() == 20
    content = save(lab, page, name)
    size = len(json.dumps(content))
    assert size < 1_000_000
    assert "widgets" not in content["metadata"]
    print("bytes of a notebook with 20 graphs", size)
    last = page.locator(".mxb-graph").nth(19)
    last.locator(".mxg-field").focus()
    page.keyboard.press("ArrowDown")
    assert last.locator(".mxg-speech").inner_text().startswith("input data")


def test_a_cell_that_runs_again_and_a_kernel_that_restarts(lab, notebook, open_page):
    name, page = notebook(NET, ONE), open_page()
    open_notebook(lab, page, name)
    run_all(page)
    page.wait_for_selector(WIDGETS, timeout=25_000)
    idle(page)
    for _ in range(3):
        page.locator(".jp-Cell").nth(1).locator(".cm-content").click()
        command(page, "notebook:run-cell")
        idle(page)
    page.wait_for_selector(WIDGETS)
    assert page.locator(".mxb-graph").count() == 1
    entries = page.evaluate("globalThis[Symbol.for('mxbook')].entries.size")
    assert entries <= 4  # each run made a widget; those that Python let go are forgotten
    # The kernel restarts: what is shown goes on, and a new run replaces it.
    page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
    )
    idle(page)
    page.locator(".mxg-field").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator(".mxg-speech").inner_text().startswith("input data")
    run_all(page)
    idle(page)
    page.wait_for_selector(WIDGETS)
    page.locator(".mxg-field").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator(".mxg-speech").inner_text().startswith("input data")
    assert page.locator(".mxb-graph").count() == 1
