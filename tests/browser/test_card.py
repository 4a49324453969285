"""The built card of operators: on a page of its own, and in a notebook with a busy kernel."""

import json

import pytest

import mxbook as mx

from .test_lab import READY, open_notebook, run_all, save, stop_kernels

pytestmark = pytest.mark.browser


@pytest.fixture
def show(open_page, tmp_path):
    """Opens the page of a card."""

    def opened(name, **options):
        mx.explain.operator(name).save(tmp_path / "card.html")
        page = open_page(**options)
        page.goto((tmp_path / "card.html").as_uri())
        page.wait_for_selector(".mxb-card .mxc-answer b")
        return page

    return opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_examples_and_simple_rules_need_no_kernel(show, pictures, scheme):
    page = show("broadcast_add", color_scheme=scheme)
    page.get_by_label("shape of lhs").fill("2, 1, 4")
    page.get_by_label("shape of rhs").fill("3, 1")
    page.keyboard.press("Enter")
    answer = page.locator(".mxc-answer")
    assert "gives output (2, 3, 4)" in answer.inner_text()
    page.get_by_label("shape of rhs").fill("3, 5")
    page.keyboard.press("Enter")
    assert "cannot be broadcast" in answer.inner_text()
    if pictures:
        page.screenshot(path=pictures / f"card-{scheme}.png")


@pytest.mark.parametrize("kind", ["PNG", "SVG", "HTML"])
def test_saves_files(show, tmp_path, kind, open_page):
    page = show("Pooling")
    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"save as {kind}").click()
    target = tmp_path / f"saved.{kind.lower()}"
    waiting.value.save_as(target)
    if kind == "HTML":
        again = open_page()
        again.goto(target.as_uri())
        again.wait_for_selector(".mxc-answer b")
    else:
        assert target.read_bytes()[:4] in (b"\x89PNG", b"<svg")


CARD = """
import mxbook as mx
mx.explain.operator("Convolution")
"""
BUSY = """
import os, time
while not os.path.exists("asked"):
    time.sleep(0.01)
"""


def test_python_answers_when_it_is_idle(lab, notebook, open_page, pictures):
    name, page = notebook(CARD, BUSY), open_page()
    (lab.folder / "asked").unlink(missing_ok=True)
    open_notebook(lab, page, name)
    run_all(page)
    answer = page.locator(".mxc-answer")
    answer.locator("b").wait_for(timeout=60_000)
    page.get_by_label("shape of data").fill("1, 3, 16, 16")
    page.get_by_label("shape of weight").fill("")
    page.get_by_label("shape of bias").fill("")
    page.get_by_label("parameters", exact=True).fill("kernel=(5,5), num_filter=7, pad=(2,2)")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "document.querySelector('.mxc-answer').textContent.includes('gives output (1, 7, 16, 16)')"
        " || document.querySelector('.mxc-answer').textContent.includes('as soon as it is idle')"
    )
    (lab.folder / "asked").touch()
    answer.get_by_text("so weight (7, 3, 5, 5), bias (7,)").wait_for()
    page.wait_for_selector(READY)
    if pictures:
        page.screenshot(path=pictures / "card-lab.png")
    content = save(lab, page, name)
    assert {"image/png", "text/html"} <= set(content["cells"][0]["outputs"][0]["data"])
    assert "widgets" not in content["metadata"]
    assert len(json.dumps(content)) < 400_000
    stop_kernels(lab)
    page.get_by_role("button", name="fill in example 2").click()
    answer.get_by_text("gives").wait_for()
