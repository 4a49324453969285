"""A training run in a real JupyterLab: live, stored, reopened, dark."""

import json
import urllib.request

import pytest

pytestmark = pytest.mark.browser

TRAIN = """
import math, os, random, time
from mxbook.explain import curves

random.seed(0)
with curves("LeNet on digits", total=200) as c:
    for epoch in range(1, 6):
        for _ in range(40):
            loss = 2.3 * math.exp(-c.step / 40 + random.gauss(0, 0.3)) + 0.02
            c.log(loss=loss)
            time.sleep(0.015)
        accuracy = 1 - 0.9 * math.exp(-epoch / 1.5)
        c.log(val_loss=loss + 0.05, accuracy=accuracy, val_accuracy=accuracy - 0.02, epoch=epoch)
"""
WAIT = """        while epoch == 4 and not os.path.exists("seen"):
            time.sleep(0.01)
"""
# The text of the line of code that stands out because somebody went there.
MARKED = """document.getAnimations().filter((a) => a.id === "mxbook-line")
    .map((a) => a.effect.target.textContent.trim())[0]"""
READY = ".jp-Notebook-ExecutionIndicator[data-status=idle]"


CONNECTED = """() => {
    const kernel = window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel;
    return kernel?.connectionStatus === "connected" && kernel.status === "idle";
}"""


def open_notebook(lab, page, name: str) -> None:
    page.goto(lab.address(name))
    page.wait_for_function(CONNECTED, timeout=60_000)
    page.wait_for_selector(READY)


def command(page, name: str, **arguments) -> None:
    page.evaluate("([n, a]) => { window.jupyterapp.commands.execute(n, a) }", [name, arguments])


def run_all(page) -> None:
    command(page, "notebook:run-all-cells")


def points(page) -> int:
    return int(page.locator(".mxb-foot").inner_text().split()[0].replace(",", ""))


def save(lab, page, name: str) -> dict:
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    return json.loads((lab.folder / name).read_text())


def stop_kernels(lab) -> None:
    address = f"http://127.0.0.1:{lab.port}/api/kernels"
    headers = {"Authorization": f"token {lab.token}"}
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
        kernels = json.load(answer)
    for kernel in kernels:
        target = f"{address}/{kernel['id']}"
        urllib.request.urlopen(urllib.request.Request(target, headers=headers, method="DELETE"))


def outputs(content: dict) -> list[dict]:
    return [o["data"] for c in content["cells"] for o in c.get("outputs", ()) if "data" in o]


def test_live_stored_and_reopened(lab, open_page, notebook, pictures):
    name = notebook(TRAIN + WAIT)
    page = open_page()
    open_notebook(lab, page, name)
    run_all(page)

    # Live: points are there while the cell is still running, because it waits for us.
    page.wait_for_selector(".mxb-curves canvas", timeout=30_000)
    page.wait_for_function("parseInt(document.querySelector('.mxb-foot').textContent) > 100")
    assert " left" in page.locator(".mxb-headline").inner_text()
    assert page.locator(".jp-InputPrompt", has_text="[*]").count() == 1
    if pictures:
        page.screenshot(path=pictures / "lab-live.png")
    (lab.folder / "seen").touch()

    # Finished: every point is there although the output was replaced by its final form.
    finished = "document.querySelector('.mxb-headline')?.textContent.startsWith('200 steps')"
    page.wait_for_function(finished, timeout=30_000)
    page.wait_for_selector(READY)
    assert points(page) == 215
    if pictures:
        page.screenshot(path=pictures / "lab-finished.png")

    # Stored: the widget and its picture, no widget state.
    content = save(lab, page, name)
    assert "widgets" not in content["metadata"]
    (data,) = outputs(content)
    assert {"image/png", "image/svg+xml", "text/plain"} < set(data)
    assert "200 steps, 5 epochs" in "".join(data["text/plain"])

    # Reopened by a stranger without the kernel: not trusted, and still a picture.
    page.context.close()
    stop_kernels(lab)
    cell = {"cell_type": "markdown", "id": "foreign", "metadata": {}, "source": "changed"}
    content["cells"].append(cell)
    (lab.folder / f"copy-{name}").write_text(json.dumps(content))
    page = open_page()
    open_notebook(lab, page, f"copy-{name}")
    image = page.locator('.jp-OutputArea img[src^="data:image/png"]')
    image.wait_for()
    assert image.bounding_box()["width"] == 720
    assert page.locator(".mxb-curves").count() == 0
    if pictures:
        page.screenshot(path=pictures / "lab-reopened.png")


def test_chart_lives_on_without_kernel_and_follows_the_theme(lab, open_page, notebook, pictures):
    name = notebook(TRAIN.replace("0.015", "0.002"))
    page = open_page()
    open_notebook(lab, page, name)
    run_all(page)
    finished = "document.querySelector('.mxb-headline')?.textContent.startsWith('200 steps')"
    page.wait_for_function(finished, timeout=30_000)
    page.wait_for_selector(READY)
    stop_kernels(lab)

    page.get_by_role("button", name="logarithmic values").click()
    page.wait_for_selector('[title="logarithmic values"][aria-pressed="true"]')
    plots = page.locator(".mxb-plots")
    plots.focus()
    page.keyboard.press("End")
    assert page.locator(".mxb-speech").inner_text().startswith("loss ")
    # "0 0" restarts the kernel and "d d" deletes the cell, unless the chart keeps its keys.
    for key in ("0", "0", "d", "d"):
        page.keyboard.press(key)
    assert page.locator(".jp-Dialog", has_text="Restart").count() == 0
    assert plots.count() == 1
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('.jp-Cell')")

    command(page, "apputils:change-theme", theme="JupyterLab Dark")
    page.wait_for_selector(".mxb-curves.mxb-dark")
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    if pictures:
        page.screenshot(path=pictures / "lab-dark.png")


def test_an_interrupt_keeps_the_chart(lab, open_page, notebook):
    name = notebook(TRAIN.replace("total=200", "total=10_000").replace("range(1, 6)", "range(250)"))
    page = open_page()
    open_notebook(lab, page, name)
    run_all(page)
    page.wait_for_selector(".mxb-curves canvas", timeout=30_000)
    page.wait_for_function("parseInt(document.querySelector('.mxb-foot').textContent) > 20")
    command(page, "notebook:interrupt-kernel")
    page.wait_for_function(
        "document.querySelector('.mxb-headline').textContent.startsWith('interrupted')"
    )
    page.wait_for_selector(READY)
    assert points(page) > 20
    (data,) = outputs(save(lab, page, name))
    assert "interrupted at step" in "".join(data["text/plain"])
