"""The built widget on a page of its own, without Jupyter: what `Run.save("x.html")` writes."""

import csv
import math
import random
from xml.etree import ElementTree

import pytest

from mxbook.explain import Run

pytestmark = pytest.mark.browser


def training(steps: int = 300, epochs: int = 5) -> Run:
    clock = [0.0]
    run = Run("LeNet on digits", total=steps, clock=lambda: clock[0])
    chance = random.Random(0)
    for epoch in range(1, epochs + 1):
        for _ in range(steps // epochs):
            loss = 2.3 * math.exp(-run.step / (steps / 8) + chance.gauss(0, 0.3)) + 0.02
            clock[0] += 0.02
            run.log(loss=loss)
        accuracy = 1 - 0.9 * math.exp(-epoch / 1.5)
        run.log(val_loss=loss + 0.05, accuracy=accuracy, val_accuracy=accuracy - 0.02, epoch=epoch)
    run.finish()
    return run


@pytest.fixture
def page(open_page, tmp_path):
    training().save(tmp_path / "run.html")
    page = open_page()
    page.goto((tmp_path / "run.html").as_uri())
    page.wait_for_selector(".mxb-curves canvas")
    return page


def speech(page) -> str:
    return page.locator(".mxb-speech").inner_text()


def ink(page) -> int:
    """How many pixels of the first chart are neither transparent nor paper."""
    return page.evaluate(
        """() => {
            const canvas = document.querySelector(".mxb-curves canvas");
            const pen = canvas.getContext("2d");
            const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
            let count = 0;
            for (let i = 3; i < data.length; i += 4) count += data[i] > 0;
            return count;
        }"""
    )


def test_draws_all_curves(page, pictures):
    assert page.locator(".mxb-title").inner_text() == "LeNet on digits"
    assert page.locator(".mxb-chip").count() == 4
    assert page.locator(".mxb-curves canvas").count() == 2
    assert ink(page) > 1000
    if pictures:
        page.screenshot(path=pictures / "page-light.png")


def test_follows_a_dark_system(open_page, tmp_path, pictures):
    training().save(tmp_path / "run.html")
    page = open_page(color_scheme="dark")
    page.goto((tmp_path / "run.html").as_uri())
    page.wait_for_selector(".mxb-curves.mxb-dark canvas")
    if pictures:
        page.screenshot(path=pictures / "page-dark.png")


def test_keyboard_alone(page, pictures):
    page.locator(".mxb-plots").focus()
    page.keyboard.press("Home")
    assert speech(page).startswith("loss ")
    first = speech(page)
    page.keyboard.press("ArrowRight")
    assert speech(page) != first
    page.keyboard.press("ArrowDown")
    assert speech(page).startswith("val_loss ")
    page.keyboard.press("Enter")
    assert "LeNet on digits: 300 steps" in speech(page)
    reset = page.get_by_role("button", name="show all steps")
    assert reset.is_disabled()
    page.keyboard.press("+")
    page.wait_for_function("!document.querySelector('[title=\"show all steps\"]').disabled")
    assert page.locator(".mxb-where").inner_text() == "at step 60"  # val_loss has few points
    if pictures:
        page.screenshot(path=pictures / "page-zoomed.png")
    page.keyboard.press("0")
    page.wait_for_function("document.querySelector('[title=\"show all steps\"]').disabled")
    page.keyboard.press("Escape")
    assert page.locator(".mxb-where").inner_text() == ""
    page.keyboard.press("Escape")
    assert not page.evaluate("document.activeElement.matches('.mxb-plots')")


def test_pointer_zooms_and_double_click_resets(page):
    box = page.locator(".u-over").first.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 50, middle)
    assert "at step" in page.locator(".mxb-where").inner_text()
    page.mouse.down()
    page.mouse.move(box["x"] + 250, middle, steps=5)
    page.mouse.up()
    page.wait_for_function("!document.querySelector('[title=\"show all steps\"]').disabled")
    page.mouse.dblclick(box["x"] + 300, middle)
    page.wait_for_function("document.querySelector('[title=\"show all steps\"]').disabled")


def test_axes_curves_and_table_can_be_switched(page, pictures):
    for name in ("logarithmic steps", "logarithmic values"):
        page.get_by_role("button", name=name).click()
    page.wait_for_selector('[title="logarithmic values"][aria-pressed="true"]')
    page.get_by_role("button", name="show as table").click()
    rows = page.locator(".mxb-table tbody tr")
    assert rows.count() == 5
    heads = page.locator(".mxb-table thead th").all_inner_texts()
    assert heads == ["epoch", "step", "loss", "val_loss", "accuracy", "val_accuracy"]
    if pictures:
        page.screenshot(path=pictures / "page-log-table.png")
    page.locator(".mxb-chip", has_text="val_loss").click()
    page.wait_for_selector('.mxb-chip[aria-pressed="false"]')


def test_saves_a_page_of_its_own(page, open_page, tmp_path):
    page.get_by_role("button", name="logarithmic values").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="save as HTML").click()
    waiting.value.save_as(tmp_path / "again.html")
    again = open_page(offline=True)
    again.goto((tmp_path / "again.html").as_uri())
    again.wait_for_selector(".mxb-curves canvas")
    for what in (".mxb-title", ".mxb-headline", ".mxb-chips"):
        assert again.locator(what).inner_text() == page.locator(what).inner_text()
    again.wait_for_selector('[title="logarithmic values"][aria-pressed="true"]')


@pytest.mark.parametrize("kind", ["PNG", "SVG", "CSV"])
def test_saves_files(page, tmp_path, kind, pictures):
    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"save as {kind}").click()
    target = (pictures or tmp_path) / f"saved.{kind.lower()}"
    waiting.value.save_as(target)
    content = target.read_bytes()
    if kind == "PNG":
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
        width = int.from_bytes(content[16:20], "big")
        assert width == 2 * page.locator(".mxb-plots").evaluate("e => e.clientWidth")
    elif kind == "SVG":
        root = ElementTree.fromstring(content)
        assert root.tag.endswith("svg")
        assert b"style" not in content
        assert b"url(" not in content
    else:
        rows = list(csv.DictReader(content.decode().splitlines()))
        assert len(rows) == 300
        assert float(rows[-1]["val_accuracy"]) == training()["val_accuracy"].latest[1]


def test_page_works_in_a_sandboxed_frame(open_page, tmp_path):
    training().save(tmp_path / "run.html")
    outer = tmp_path / "outer.html"
    outer.write_text(
        '<iframe sandbox="allow-scripts" src="run.html" width=900 height=700></iframe>'
    )
    page = open_page()
    page.goto(outer.as_uri())
    page.frame_locator("iframe").locator(".mxb-curves canvas").first.wait_for()
