"""Timelines and the playground in a real JupyterLab: live, without a kernel, reopened, dark."""

import json

import pytest

from .test_lab import MARKED, READY, command, open_notebook, outputs, run_all, save, stop_kernels

pytestmark = pytest.mark.browser

WATCH = """
import os, time
import mxbook as mx

x = mx.nd.ones((200, 200))
with mx.explain.watch("products") as w:
    for i in range(4000):
        y = mx.nd.dot(x, x) * 0.005
        y.wait_to_read()
        if i > 40 and os.path.exists("watched"):
            break
print(w.messages, "messages")
"""
SHOW = "w.timeline"
PLAY = "import mxbook as mx\nmx.explain.playground(workers=2, example='two chains')"
# The text of the line that stands out.
VIEW = "document.querySelector('.mxb-timeline').mxbookTimeline"


def test_live_then_without_kernel_then_reopened(lab, open_page, notebook, pictures):
    name = notebook(WATCH, SHOW)
    page = open_page()
    open_notebook(lab, page, name)
    run_all(page)

    # Live: operations appear while the cell runs, because it waits for us.
    page.wait_for_selector(".mxb-timeline canvas")
    page.wait_for_function(f"{VIEW}.record.count > 50")
    assert page.evaluate(f"{VIEW}.record.live")
    assert page.locator(".jp-InputPrompt", has_text="[*]").count() >= 1
    (lab.folder / "watched").touch()

    # Finished: everything is there, in both cells.
    page.wait_for_function(f"{VIEW}.record.live === false")
    page.wait_for_selector(READY)
    page.wait_for_function("document.querySelectorAll('.mxb-timeline canvas').length === 2")
    assert page.evaluate(f"{VIEW}.record.details.places.some((p) => p.startsWith('cell 1, line'))")
    if pictures:
        page.screenshot(path=pictures / "lab-timeline.png")

    # Stored: the picture stands beside the widget, and no widget state.
    content = save(lab, page, name)
    assert "widgets" not in content["metadata"]
    shown = [data for data in outputs(content) if len(data) > 1]
    assert len(shown) == 2
    assert all({"image/png", "text/plain"} < set(data) for data in shown)
    assert len(json.dumps(content)) < 200_000

    # From an operation to the line that asked for it.
    page.locator(".mxt-stage").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    place = page.locator("button[title='go to the cell']").first
    line = int(place.inner_text().split("line ")[1].split(":")[0])
    place.click()
    page.wait_for_function(MARKED)
    assert page.evaluate(MARKED) == WATCH.strip().splitlines()[line - 1].strip()
    page.keyboard.press("Escape")

    # Without the kernel every question is still answered.
    stop_kernels(lab)
    stage = page.locator(".mxt-stage").first
    stage.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.locator(".mxt-below dt", has_text="asked for at").count() == 1
    page.get_by_role("button", name="other engines").first.click()
    assert page.locator(".mxt-plan").count() == 9
    # "0 0" restarts the kernel and "d d" deletes the cell, unless the timeline keeps its keys.
    stage.focus()
    for key in ("0", "0", "d", "d"):
        page.keyboard.press(key)
    assert page.locator(".jp-Dialog", has_text="Restart").count() == 0
    assert page.locator(".mxb-timeline").count() == 2

    # Chosen in one, shown in the other: both hold the same operations.
    page.keyboard.press("ArrowRight")
    second = "document.querySelectorAll('.mxb-timeline')[1].mxbookTimeline"
    chosen = page.evaluate(f"{VIEW}.shown.number[{VIEW}.chosen]")
    assert page.evaluate(f"{second}.shown.number[{second}.chosen]") == chosen

    command(page, "apputils:change-theme", theme="JupyterLab Dark")
    page.wait_for_selector(".mxb-timeline.mxb-dark")
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    if pictures:
        page.screenshot(path=pictures / "lab-timeline-dark.png")

    # Reopened by a stranger: not trusted, no kernel, and still a picture.
    page.context.close()
    cell = {"cell_type": "markdown", "id": "foreign", "metadata": {}, "source": "changed"}
    content["cells"].append(cell)
    (lab.folder / f"copy-{name}").write_text(json.dumps(content))
    page = open_page()
    open_notebook(lab, page, f"copy-{name}")
    image = page.locator('.jp-OutputArea img[src^="data:image/png"]').first
    image.wait_for()
    assert image.bounding_box()["width"] == 760
    assert page.locator(".mxb-timeline").count() == 0


def test_the_playground(lab, open_page, notebook, pictures):
    name = notebook(PLAY)
    page = open_page()
    open_notebook(lab, page, name)
    run_all(page)
    page.wait_for_selector(".mxb-playground svg")
    page.wait_for_selector(READY)
    events = page.locator(".mxp-log li")
    assert events.count() == 5
    page.get_by_role("button", name="let one event happen").click()
    page.wait_for_function("document.querySelectorAll('.mxp-log li').length === 6")
    page.get_by_label("operation").fill("d = exp(c)")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('.mxp-log li').length === 7")
    if pictures:
        page.screenshot(path=pictures / "lab-playground.png")
    page.get_by_role("button", name="let everything happen").click()
    page.wait_for_function("document.querySelector('.mxp-speech').textContent.includes('all done')")
    page.get_by_label("operation").fill("what is this = ?")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "document.querySelector('.mxp-note').textContent.includes('cannot understand')"
    )
    page.get_by_label("workers").select_option("0")
    page.wait_for_function("document.querySelectorAll('.mxp-log li').length === 0")
    command(page, "apputils:change-theme", theme="JupyterLab Dark")
    page.wait_for_selector(".mxb-playground.mxb-dark")
    page.get_by_label("example").select_option("training step")
    page.wait_for_function("document.querySelectorAll('.mxp-log li').length === 21")
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    if pictures:
        page.screenshot(path=pictures / "lab-playground-dark.png")


MANY = """
import mxbook as mx
import mxbook_widgets
from IPython.display import display

x = mx.nd.ones((20, 20))
with mx.explain.watch(show=False) as w:
    for _ in range(200):
        x = mx.nd.dot(x, x) * 0.05
    x.wait_to_read()
one = mxbook_widgets.Timeline(w.timeline)
for _ in range(18):
    display(w.timeline)
display(one)
display(one)
"""


def test_many_widgets_two_views_and_a_cell_that_runs_again(lab, open_page, notebook):
    name = notebook(MANY)
    page = open_page()
    page.set_viewport_size({"width": 1200, "height": 8000})
    open_notebook(lab, page, name)
    ready = "document.querySelectorAll('.mxb-timeline canvas').length === 20"
    for _ in range(2):
        run_all(page)
        page.wait_for_function(ready)
        page.wait_for_selector(READY)
    page.wait_for_function(ready)
    views = "[...document.querySelectorAll('.mxb-timeline')].map((e) => e.mxbookTimeline)"
    assert page.evaluate(f"{views}.every((v) => v.record.count > 200)")
    assert page.evaluate(f"new Set({views}.map((v) => v.record)).size") == 19
    content = save(lab, page, name)
    assert len(json.dumps(content)) < 1_000_000
