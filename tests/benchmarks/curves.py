"""Training curves: what logging costs, alone and with a browser, and how long drawing takes.

    python -m tests.benchmarks curves [--quick]

The browser runs on the same processors, as in everyday use.  Needs what tests/browser needs.
"""

import json
import tempfile
from pathlib import Path

from tests.benchmarks.curves_rows import cost

POINTS = 100_000
DRAW = """async () => {
    const view = document.querySelector(".mxb-curves").mxbookCurves;
    const took = [];
    for (let i = 0; i < 21; i++) {
        view.kinds = ""; // build all charts anew
        const begin = performance.now();
        view.draw();
        await null; // the chart library paints when the microtasks run
        await null;
        took.push(performance.now() - begin);
        await new Promise((done) => requestAnimationFrame(done));
    }
    return took.sort((a, b) => a - b);
}"""


def run(_only: list[str], quick: bool) -> None:
    """Measure and print."""
    blocks = 1 if quick else 30
    for busy in (False, True):
        name = "logging without a browser" + ", busy" * busy
        _tell(name, "us a step", *json.loads(cost(blocks, show=False, busy=busy)))
    if quick:
        return
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import CHROMIUM

    with sync_playwright() as play, tempfile.TemporaryDirectory() as folder:
        options = {"executable_path": CHROMIUM, "args": ["--no-sandbox", "--disable-gpu"]}
        browser = play.chromium.launch(**options)
        for keep in (2**16, 2**17):
            took = drawing(browser, Path(folder), keep)
            name = f"drawing {POINTS:,} points, keep {keep:,}"
            _tell(name, "ms", took[0], took[len(took) // 2])
        found = beside_a_browser(browser, Path(folder), blocks)
        for name, times in zip(("", ", busy"), found, strict=True):
            _tell(f"logging with a browser{name}", "us a step", *times)
        browser.close()


def _tell(name: str, unit: str, least: float, median: float) -> None:
    print(f"{name:44} least {least:8.2f}  median {median:8.2f}  {unit}", flush=True)


def drawing(browser, folder: Path, keep: int) -> list[float]:
    """Milliseconds, in ascending order, of drawing two curves of many points from nothing."""
    from mxbook.explain import Run

    run = Run("many points", keep=keep)
    for i in range(POINTS):
        run.log(loss=1 / (i + 1), accuracy=i / POINTS)
    run.finish()
    run.save(folder / "many.html")
    page = browser.new_page()
    page.goto((folder / "many.html").as_uri())
    page.wait_for_selector(".mxb-curves canvas")
    took = page.evaluate(DRAW)
    page.close()
    return took


def beside_a_browser(browser, folder: Path, blocks: int) -> list[list[float]]:
    """Microseconds a step of a training whose curves are shown live in JupyterLab."""
    import secrets
    import socket

    from tests.browser import conftest
    from tests.browser.test_lab import open_notebook, run_all

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "notebooks").mkdir()
    code = (
        "from tests.benchmarks.curves_rows import cost\n"
        f"found = [cost({blocks}, True, busy) for busy in (False, True)]\n"
        "print('[' + ', '.join(found) + ']')"
    )
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": None, "outputs": []}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": kernel},
        "cells": [cell | {"source": code}],
    }
    (folder / "notebooks" / "cost.ipynb").write_text(json.dumps(content))
    server = conftest.Lab(folder / "notebooks", port, secrets.token_hex(16))
    process = conftest._start(folder, server)
    try:
        conftest._wait_for(process, server, folder / "log")
        page = browser.new_page(viewport={"width": 1200, "height": 1400})
        open_notebook(server, page, "cost.ipynb")
        run_all(page)
        text = page.locator(".jp-OutputArea pre", has_text="[").last
        text.wait_for(timeout=300_000)
        return json.loads(text.inner_text())
    finally:
        process.terminate()
        process.wait(timeout=30)
