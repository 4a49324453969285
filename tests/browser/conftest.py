"""Headless Chromium and one JupyterLab server for the tests in this folder.

A test fails when the page reports an error or asks for anything that is not on this machine.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("MXBOOK_CHROMIUM", "/usr/bin/chromium")
HERE = ("http://127.0.0.1:", "ws://127.0.0.1:", "file:", "blob:", "data:", "about:")

# Messages of JupyterLab itself that say nothing about us.
HARMLESS = (
    "Failed to load resource: the server responded with a status of 404",  # no workspace yet
    "GPU stall due to ReadPixels",
    "WebGL",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    """The browser; tests are skipped where it or Playwright is missing."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium at {CHROMIUM}; MXBOOK_CHROMIUM names another place")
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium):
    """Opens pages that are watched: `open_page(color_scheme="dark")`."""
    contexts, complaints = [], []

    def opened(**options):
        context = chromium.new_context(
            **{"viewport": {"width": 1200, "height": 1400}, "accept_downloads": True, **options}
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(120_000)  # a busy machine is slow now and then
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("console", lambda message: _listen(message, complaints))
        page.on("request", lambda request: _check_address(request.url, complaints))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def _listen(message, complaints: list[str]) -> None:
    if message.type == "error" and not any(text in message.text for text in HARMLESS):
        complaints.append(f"console: {message.text}")


def _check_address(address: str, complaints: list[str]) -> None:
    if not address.startswith(HERE):
        complaints.append(f"request to {address}")


class Lab:
    """A running JupyterLab: `folder` is its root, `address(notebook)` opens one."""

    def __init__(self, folder: Path, port: int, token: str):
        self.folder, self.port, self.token = folder, port, token

    def address(self, notebook: str) -> str:
        return f"http://127.0.0.1:{self.port}/lab/tree/{notebook}?reset&token={self.token}"

    def settings(self, plugin: str, content: dict) -> None:
        """Set user settings of the front end, such as the theme."""
        extension, _, name = plugin.partition(":")
        file = self.folder.parent / "settings" / extension / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content))


@pytest.fixture(scope="session")
def lab(tmp_path_factory) -> Iterator[Lab]:
    """JupyterLab with its own folders, so that nobody's settings matter."""
    pytest.importorskip("jupyterlab", reason="jupyterlab is not installed")
    pytest.importorskip("anywidget", reason="anywidget is not installed")
    base = tmp_path_factory.mktemp("lab")
    folder = base / "notebooks"
    folder.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Lab(folder, port, secrets.token_hex(16))
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    server.settings("@jupyterlab/apputils-extension:notification", quiet)
    process = _start(base, server)
    try:
        _wait_for(process, server, base / "log")
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


def _start(base: Path, server: Lab) -> subprocess.Popen:
    # Where an installation puts it.
    shutil.copytree(ROOT / "widgets" / "labextension", base / "data/labextensions/mxbook-widgets")
    folders = [str(ROOT), str(ROOT / "widgets"), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, folders)),
        "JUPYTER_CONFIG_DIR": str(base / "config"),
        "JUPYTER_DATA_DIR": str(base / "data"),
        "JUPYTER_RUNTIME_DIR": str(base / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(base / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(base / "workspaces"),
        "IPYTHONDIR": str(base / "ipython"),
    }
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": server.port,
        "ServerApp.root_dir": server.folder,
        "ServerApp.open_browser": "False",
        "ServerApp.allow_root": "True",
        "IdentityProvider.token": server.token,
        "LabApp.news_url": "",
        "LabApp.expose_app_in_browser": "True",  # tests give commands as `window.jupyterapp`
    }
    command = [sys.executable, "-m", "jupyterlab", *(f"--{k}={v}" for k, v in options.items())]
    with open(base / "log", "w") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log)


def _wait_for(process: subprocess.Popen, server: Lab, log: Path) -> None:
    address = f"http://127.0.0.1:{server.port}/api/status?token={server.token}"
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:  # not yet; a refused connection returns at once
            time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """Where screenshots go for somebody to look at: the folder MXBOOK_SCREENSHOTS, if set."""
    place = os.environ.get("MXBOOK_SCREENSHOTS")
    if not place:
        return None
    Path(place).mkdir(parents=True, exist_ok=True)
    return Path(place)


@pytest.fixture
def notebook(lab, request):
    """Writes a notebook of code cells into the server's folder; gives its name."""
    name = f"{request.node.name}.ipynb"

    def write(*cells: str) -> str:
        content = {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {
                "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
            },
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"cell-{i}",
                    "metadata": {},
                    "execution_count": None,
                    "outputs": [],
                    "source": source,
                }
                for i, source in enumerate(cells)
            ],
        }
        (lab.folder / name).write_text(json.dumps(content))
        return name

    yield write
    shutil.rmtree(lab.folder / ".ipynb_checkpoints", ignore_errors=True)
