"""Every widget is examined by axe-core, the checker of the web's accessibility rules.

Each is opened as a page of its own, in light and in dark, as it first appears and with what it
unfolds; a fault that axe-core calls serious or critical fails the test.  A new widget joins with
one row in PAGES.
"""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import mxbook as mx
from mxbook.explain import page as pages

from .test_page import training
from .test_timeline import step

pytestmark = pytest.mark.browser
WIDGETS = Path(__file__).resolve().parents[2] / "widgets"
GRAVE = ("serious", "critical")


def _playground() -> str:
    """Its page cannot do anything without Python, but it looks as in a notebook."""
    from mxbook_widgets._playground import state_of

    machine = mx.explain.playground(workers=2, example="training step")
    for _ in range(4):
        machine.step()
    state = {"_key": "page", "_state": state_of(machine)}
    return pages.interactive("playground", "playground", machine.svg(), state, {})


def _graph() -> str:
    from mxbook.explain.graph import files

    x, w = mx.sym.var("x"), mx.sym.var("w")
    loss = mx.sym.sum(mx.sym.tanh(mx.sym.dot(x, w, name="dot"), name="tanh"), name="loss")
    return files.html(mx.explain.steps(loss, x=mx.nd.ones((4, 3)), w=mx.nd.ones((3, 2))))


def _timeline() -> str:
    from mxbook.explain.timeline import files

    return files.page(step())


def _memory() -> str:
    from mxbook.explain.memory import files

    net = mx.sym.var("data")
    for width in (64, 32, 16, 8, 4):
        net = mx.sym.tanh(mx.sym.FullyConnected(net, num_hidden=width))
    return files.html(mx.explain.memory(net, data=(10, 100)))


def _card() -> str:
    from mxbook.explain.card import files

    return files.page(mx.explain.operator("Pooling"))


# Name of the widget: its page, and after each of what groups of actions it is examined again.  An
# action is the name of a button to click, or "KEY@SELECTOR" for a key on an element.
PAGES: dict[str, tuple[Callable[[], str], list[list[str]]]] = {
    "curves": (
        lambda: pages.page(training()),
        [["show as table"], ["Home@.mxb-plots", "Enter@.mxb-plots", "+@.mxb-plots"]],
    ),
    "graph": (_graph, [["show as table"], ["ArrowDown@.mxg-field", ".@.mxg-field"]]),
    "timeline": (
        _timeline,
        [
            ["ArrowDown@.mxt-stage", "ArrowDown@.mxt-stage"],
            ["other engines"],
            ["queues of variables", "next event"],
            ["show as table", "colours by block"],
        ],
    ),
    "playground": (_playground, []),
    "memory": (_memory, [["ArrowRight@.mxm-field", "Enter@.mxm-field"], ["show as table"]]),
    "card": (_card, [["fill in example 1", "what this gives"]]),
}


@pytest.fixture(scope="session")
def axe(tmp_path_factory) -> str:
    """The source of axe-core, from the packages of `widgets/` or installed from its lock file."""
    installed = WIDGETS / "node_modules" / "axe-core" / "axe.min.js"
    if not installed.exists():
        if shutil.which("npm") is None:
            pytest.skip("npm is not installed")
        folder = tmp_path_factory.mktemp("axe")
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(WIDGETS / name, folder)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=600)
        installed = folder / "node_modules" / "axe-core" / "axe.min.js"
    return installed.read_text(encoding="utf-8")


def do(page, action: str) -> None:
    key, at, selector = action.partition("@")
    if at:
        page.locator(selector).first.press(key)
    else:
        page.get_by_role("button", name=action).first.click()


def faults(page) -> list[str]:
    """What axe-core finds in the widget and calls serious or critical."""
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{v['id']}: {v['help']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for v in found["violations"]
        if v["impact"] in GRAVE
        for node in v["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_no_serious_fault(name, scheme, open_page, tmp_path, axe, pictures):
    make, actions = PAGES[name]
    (tmp_path / "page.html").write_text(make(), encoding="utf-8")
    page = open_page(color_scheme=scheme)
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_selector(f".mxb-{name}")
    page.evaluate(axe)
    found = {"as it appears": faults(page)}
    for group in actions:
        for action in group:
            do(page, action)
        found[", ".join(group)] = faults(page)
    if pictures:
        page.screenshot(path=pictures / f"axe-{name}-{scheme}.png")
    assert not any(found.values()), "\n".join(
        f"{when}: {fault}" for when, listed in found.items() for fault in listed
    )


def test_axe_finds_faults(open_page, axe):
    page = open_page()
    page.set_content('<html lang="en"><title>x</title><button></button><img src="data:,"></html>')
    page.evaluate(axe)
    assert {fault.partition(":")[0] for fault in faults(page)} >= {"button-name", "image-alt"}
