"""One selection for all widgets of a notebook: from a node of the graph to the timeline to the
source line, from a step of the training to its operations, and back; with and without a kernel.
"""

import pytest

from .test_lab import MARKED, READY, open_notebook, run_all, stop_kernels

pytestmark = pytest.mark.browser

NET = """
import mxbook as mx
from mxbook import autograd, gluon, nd

net = gluon.nn.HybridSequential()
net.add(gluon.nn.Dense(8, activation="relu"), gluon.nn.Dense(2))
net.initialize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
x, y = nd.random.normal(shape=(32, 4)), nd.arange(32) % 2
"""
TRAIN = """with mx.explain.watch("training") as w, mx.explain.curves("small net", total=12) as c:
    for step in range(12):
        with autograd.record():
            loss = loss_of(net(x), y)
        loss.backward()
        trainer.step(32)
        c.log(loss=loss.mean())
"""
SHOW = "net.show(x)"
TIMELINE = "document.querySelector('.mxb-timeline').mxbookTimeline"
CURVES = "document.querySelector('.mxb-curves').mxbookCurves"


@pytest.fixture
def page(lab, open_page, notebook):
    page = open_page()
    page.set_viewport_size({"width": 1200, "height": 2400})
    open_notebook(lab, page, notebook(NET.strip(), TRAIN, SHOW))
    run_all(page)
    page.wait_for_selector(".mxb-graph [data-key]")
    page.wait_for_function(f"{TIMELINE}.record.live === false && {TIMELINE}.record.details")
    page.wait_for_function(f"{CURVES}.record.status.status === 'finished'")
    page.wait_for_selector(READY)
    return page


def node_to_line(page, pictures, name: str) -> None:
    """Click a node: the timeline marks the operations of its block, whose line leads to a cell."""
    page.locator('.mxg-stage [data-key^="i"]', has_text="Dense 2").click()
    block = page.locator(".mxg-side tr", has_text="block").locator("td").inner_text()
    lit = f"[...{TIMELINE}.lit].map((k) => {TIMELINE}.record.details.layers[k])"
    assert page.evaluate(lit) == [block, f"{block} (backward)"]
    assert page.locator(".mxt-below h4").inner_text().partition(" ")[2].startswith("FullyConnected")
    asked = page.locator(".mxt-below dt", has_text="asked for at")
    link = asked.locator("xpath=following-sibling::dd[1]").get_by_role("button")
    assert link.inner_text().startswith("cell 2, line 4:")
    link.click()
    page.wait_for_function(MARKED)
    assert "loss_of(net(x), y)" in page.evaluate(MARKED)
    if pictures:
        page.screenshot(path=pictures / f"linking-{name}-node.png")


def step_to_operations(page, pictures, name: str) -> None:
    """Click a step: the timeline moves to it; choose an operation there: the step stays marked."""
    box = page.locator(".mxb-curves .u-over").first.bounding_box()
    page.mouse.click(box["x"] + 0.55 * box["width"], box["y"] + 30)
    page.wait_for_function(f"{CURVES}.settings.chosen === 7")
    begin, end = page.evaluate(
        f"{CURVES}.record.stretch(7).map((s) => 1e9 * (s + {CURVES}.record.status.zero))"
    )
    zero, area = page.evaluate(f"[{TIMELINE}.record.zero, {TIMELINE}.area]")
    assert area["begin"] == pytest.approx(begin - zero, abs=1000)
    assert area["end"] == pytest.approx(end - zero, abs=1000)
    shown = page.evaluate(f"[{TIMELINE}.port.begin, {TIMELINE}.port.end]")
    assert shown[0] < area["begin"] < area["end"] < shown[1]
    assert shown[1] - shown[0] < 2 * (area["end"] - area["begin"])
    captions = page.locator(".mxt-below caption").all_inner_texts()
    assert captions[:2] == ["by operator", "by block"]
    assert page.locator(".mxt-below th", has_text="multi_sgd_update").count() == 1
    if pictures:
        page.screenshot(path=pictures / f"linking-{name}-step.png")
    stage = page.locator(".mxt-stage")
    stage.focus()
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")  # the first operation of all
    page.wait_for_function(f"{CURVES}.settings.chosen === 1")


def test_one_selection_with_and_without_a_kernel(page, lab, pictures):
    node_to_line(page, pictures, "live")
    step_to_operations(page, pictures, "live")
    stop_kernels(lab)
    page.wait_for_function(f"!{MARKED}")
    node_to_line(page, pictures, "dead")
    step_to_operations(page, pictures, "dead")
