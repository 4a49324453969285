"""The first chapter in a real JupyterLab: it runs, the curve is live, the pictures stay."""

import json
import re
import shutil

import pytest

from mxbook.book import chapters

from .conftest import ROOT
from .test_lab import command, open_notebook, points, run_all, save, stop_kernels

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NAME = "00-start-here.ipynb"
MINUTES = 60_000  # milliseconds


@pytest.fixture
def chapter(lab):
    """A copy of the chapter without outputs, in a folder as in the repository."""
    folder = lab.folder / "course" / "notebooks"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "README.md", folder.parent)
    notebook = chapters.read(ROOT / "notebooks" / NAME)
    for _, cell in chapters.code_cells(notebook):
        cell["outputs"], cell["execution_count"] = [], None
    chapters.write(folder / NAME, notebook)
    yield f"course/notebooks/{NAME}"
    shutil.rmtree(folder.parent)


def printed(content: dict) -> str:
    """Everything the cells printed."""
    outputs = [o for c in content["cells"] for o in c.get("outputs", ())]
    assert not [o for o in outputs if o["output_type"] == "error"]
    return "".join("".join(o.get("text", "")) for o in outputs)


def test_the_first_chapter(lab, open_page, chapter, pictures):
    page = open_page()
    open_notebook(lab, page, chapter)
    if pictures:
        page.screenshot(path=pictures / "start-opened.png")
    run_all(page)

    # Live: the curve has points, and later more of them, while the cell is still running.
    page.wait_for_selector(".mxb-curves canvas", timeout=2 * MINUTES, state="attached")
    page.locator(".mxb-foot").scroll_into_view_if_needed()
    drawn = "document.querySelector('.mxb-foot').innerText.trim() !== ''"
    page.wait_for_function(drawn, timeout=MINUTES)
    for _ in range(3):
        before = points(page)
        page.wait_for_function(
            "n => parseInt(document.querySelector('.mxb-foot').textContent.replace(',', '')) > n",
            arg=before,
            timeout=MINUTES,
        )
        assert page.locator(".mxb-headline").inner_text().endswith(" left")
    if pictures:
        page.screenshot(path=pictures / "start-live.png")

    finished = "document.querySelector('.mxb-headline')?.textContent.startsWith('441 steps')"
    page.wait_for_function(finished, timeout=4 * MINUTES)
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=2 * MINUTES)
    if pictures:
        photograph(page, pictures, "start")

    content = save(lab, page, chapter)
    right = re.search(r"unseen digits read right: +([\d.]+)%", printed(content))
    assert float(right[1]) >= 97
    assert "widgets" not in content["metadata"]

    # Reopened without a kernel: the pictures are there.
    page.context.close()
    stop_kernels(lab)
    content["cells"][-1]["source"] = "changed by somebody else, hence not trusted"
    (lab.folder / chapter).write_text(json.dumps(content))
    page = open_page()
    open_notebook(lab, page, chapter)
    for place, width in (("drawn", 720), ("digits", 626)):
        image = picture_of_width(page, width)
        assert image.bounding_box()["width"] == width, place
    assert page.locator(".mxb-curves").count() == 0
    if pictures:
        page.screenshot(path=pictures / "start-reopened.png")


def picture_of_width(page, width: int):
    """The first stored picture of this width, scrolled to."""
    image = page.locator(f'.jp-OutputArea img[src^="data:image/png"][width="{width}"]').first
    image.scroll_into_view_if_needed()
    return image


def photograph(page, folder, name: str) -> None:
    """The whole notebook, a screen at a time, for somebody to look at."""
    command(page, "notebook:move-cursor-down")
    scroller = page.locator(".jp-WindowedPanel-outer").first
    height = scroller.evaluate("e => e.clientHeight")
    total = scroller.evaluate("e => e.scrollHeight")
    for number in range(1 + total // height):
        scroller.evaluate("(e, top) => { e.scrollTop = top }", number * height)
        page.wait_for_function("() => new Promise(done => requestAnimationFrame(() => done(true)))")
        page.screenshot(path=folder / f"{name}-{number:02}.png")
