"""The built widget of memory plans: on a page of its own, and in a notebook."""

import json
from xml.etree import ElementTree

import pytest

from mxbook.explain.memory import memory
from mxbook.gluon.model_zoo import vision

from .test_lab import open_notebook, run_all, save, stop_kernels

pytestmark = pytest.mark.browser


@pytest.fixture
def show(open_page, tmp_path):
    """Opens the page of a plan."""

    def opened(**options):
        plan = memory(
            vision.resnet18_v1(), (1, 3, 64, 64), train=True, title="resnet18_v1, 64×64 pixels"
        )
        plan.save(tmp_path / "plan.html")
        page = open_page(**options)
        page.goto((tmp_path / "plan.html").as_uri())
        page.wait_for_selector(".mxb-memory svg polygon")
        return page

    return opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_walk_by_keyboard(show, pictures, scheme):
    page = show(color_scheme=scheme)
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className") == "mxm-field":
            break
    speech = page.locator(".mxm-speech")
    page.keyboard.press("ArrowRight")
    assert "buffer A" in speech.inner_text()
    page.keyboard.press("ArrowUp")
    assert "buffer B" in speech.inner_text()
    page.keyboard.press("ArrowRight")
    assert "in place" in speech.inner_text()
    if pictures:
        page.screenshot(path=pictures / f"memory-{scheme}.png")
    page.keyboard.press("b")
    assert "a buffer for each node" in speech.inner_text()
    if pictures:
        page.screenshot(path=pictures / f"memory-before-{scheme}.png")


def test_a_click_names_the_node(show):
    page = show()
    field = page.locator(".mxm-field").bounding_box()
    page.mouse.click(field["x"] + field["width"] / 2, field["y"] + field["height"] - 45)
    assert page.locator(".mxm-side h4").inner_text() == "Convolution"
    assert "conv0" in page.locator(".mxm-side").inner_text()


@pytest.mark.parametrize("kind", ["PNG", "SVG", "CSV", "HTML"])
def test_saves_files(show, tmp_path, kind, open_page):
    page = show()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"save as {kind}").click()
    target = tmp_path / f"saved.{kind.lower()}"
    waiting.value.save_as(target)
    content = target.read_bytes()
    if kind == "PNG":
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
    elif kind == "SVG":
        assert ElementTree.fromstring(content).tag.endswith("svg")
    elif kind == "CSV":
        assert content.startswith(b'"operator","nodes"')
    else:
        again = open_page()
        again.goto(target.as_uri())
        again.wait_for_selector(".mxb-memory svg polygon")


PLAN = """
import mxbook as mx
mx.explain.memory(mx.gluon.model_zoo.vision.resnet18_v1(), (1, 3, 32, 32), train=True)
"""


def test_in_a_notebook_and_after_the_kernel_has_gone(lab, notebook, open_page):
    name, page = notebook(PLAN), open_page()
    open_notebook(lab, page, name)
    run_all(page)
    page.wait_for_selector(".mxb-memory svg polygon", timeout=60_000)
    content = save(lab, page, name)
    output = content["cells"][0]["outputs"][0]["data"]
    assert {"image/png", "image/svg+xml", "text/plain"} <= set(output)
    assert "widgets" not in content["metadata"]
    assert len(json.dumps(content)) < 400_000
    stop_kernels(lab)
    page.locator(".mxm-field").focus()
    page.keyboard.press("ArrowRight")
    assert "buffer A" in page.locator(".mxm-speech").inner_text()
