"""The built graph widget on a page of its own: what `Graph.save("x.html")` writes."""

import base64
import json
from xml.etree import ElementTree

import pytest

import mxbook as mx
from mxbook.explain.graph import gallery, graph, overlaid, steps
from mxbook.explain.graph.model import Graph, Input, Node, Value

from .test_lab import open_notebook, run_all, save, stop_kernels

pytestmark = pytest.mark.browser


@pytest.fixture
def show(open_page, tmp_path):
    """Opens the page of a graph."""

    def opened(found, **options):
        found.save(tmp_path / "graph.html")
        page = open_page(**options)
        page.goto((tmp_path / "graph.html").as_uri())
        page.set_default_timeout(10_000)
        page.wait_for_selector(".mxb-graph .mxg-stage")
        return page

    return opened


def large(blocks: int) -> Graph:
    """A residual net of plain nodes, five for each block."""
    value = (Value((1, 8), "float32"),)
    nodes = [Node(0, "x", "", "input", (), (), value)]
    for _ in range(blocks):
        first = len(nodes) - 1
        for op in ("FullyConnected", "exp", "FullyConnected", "exp"):
            links = (Input(len(nodes) - 1, 0, "data"),)
            nodes.append(Node(len(nodes), f"n{len(nodes)}", op, "operator", (), links, value))
        links = (Input(len(nodes) - 1, 0, "lhs"), Input(first, 0, "rhs"))
        name = f"n{len(nodes)}"
        nodes.append(Node(len(nodes), name, "elemwise_add", "operator", (), links, value))
    return Graph("large", nodes, [(len(nodes) - 1, 0)])


def speech(page) -> str:
    return page.locator(".mxg-speech").inner_text()


def test_a_walk_by_keyboard_alone(show, pictures):
    page = show(gallery.pictures()["zoo-resnet18_v1"]())
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className") == "mxg-field":
            break
    page.keyboard.press("ArrowDown")
    assert speech(page).startswith("input data")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    assert speech(page).startswith("group BasicBlockV1 0")
    before = page.locator("[data-key]").count()
    page.keyboard.press("Enter")
    assert "opened" in speech(page)
    assert page.locator("[data-key]").count() > before
    page.keyboard.press("/")
    page.keyboard.type("stage3 convolution")
    page.keyboard.press("Enter")
    assert page.locator(".mxg-side h4").inner_text().startswith("Convolution")
    if pictures:
        page.screenshot(path=pictures / "graph-light.png")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert page.locator(".mxg-chosen").count() == 0


def test_clicks_open_and_select(show):
    page = show(gallery.attention())
    page.locator('[data-key^="g"]', has_text="attention").last.dblclick()
    page.locator('[data-key^="i"]', has_text="query").click()
    assert page.locator(".mxg-side h4").inner_text() == "Dense 64"
    faded = page.locator(".mxg-part.mxg-faded").all_text_contents()
    assert any("key" in text for text in faded)
    assert not any("proj" in text for text in faded)


def test_dark_system(show, pictures):
    page = show(gallery.unrolled(35), color_scheme="dark")
    page.wait_for_selector(".mxb-graph.mxb-dark [data-key]")
    if pictures:
        page.screenshot(path=pictures / "graph-dark.png")


@pytest.mark.parametrize("kind", ["PNG", "SVG", "HTML"])
def test_saves_files(show, tmp_path, kind, open_page):
    page = show(gallery.foreach())
    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"save as {kind}").click()
    target = tmp_path / f"saved.{kind.lower()}"
    waiting.value.save_as(target)
    content = target.read_bytes()
    if kind == "PNG":
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
    elif kind == "SVG":
        assert ElementTree.fromstring(content).tag.endswith("svg")
        assert b"style" not in content
    else:
        again = open_page()
        again.goto(target.as_uri())
        again.wait_for_selector(".mxb-graph [data-key]")


def test_steps(show, pictures):
    x, w = mx.sym.var("x"), mx.sym.var("w")
    loss = mx.sym.sum(mx.sym.tanh(mx.sym.dot(x, w, name="dot"), name="tanh"), name="loss")
    page = show(steps(loss, x=mx.nd.ones((4, 3)), w=mx.nd.ones((3, 2))))
    page.get_by_role("button", name="one step on (.)").click()
    assert page.locator(".mxg-where").inner_text().startswith("forward, step 1 of 6: dot")
    page.locator(".mxg-field").focus()
    for _ in range(5):
        page.keyboard.press(".")
    assert page.locator(".mxg-where").inner_text().startswith("backward, step 6 of 6: dot")
    assert page.locator(".mxg-step figure").count() == 3
    if pictures:
        page.screenshot(path=pictures / "graph-steps.png")


def test_five_thousand_nodes(show, pictures):
    page = show(large(1000))
    page.wait_for_function("document.querySelector('.mxb-graph').mxbookGraph.stage.large")
    laid_out = page.evaluate("document.querySelector('.mxb-graph').mxbookGraph.laidOut")
    page.evaluate(
        """async () => {
            const { stage } = document.querySelector('.mxb-graph').mxbookGraph;
            const frame = () => new Promise((done) => requestAnimationFrame(done));
            stage.timings = [];
            for (let i = 0; i < 40; i++) {
                stage.zoom(i < 20 ? 0.8 : 1.25);
                await frame();
            }
        }"""
    )
    timings = page.evaluate("document.querySelector('.mxb-graph').mxbookGraph.stage.timings")
    assert laid_out > 0
    assert len(timings) > 20  # drawn again for every frame
    if pictures:
        shot = page.locator(".mxg-stage canvas").evaluate("c => c.toDataURL()")
        (pictures / "graph-large.png").write_bytes(base64.b64decode(shot.partition(",")[2]))
        print("ms to lay out", laid_out)
        print("ms a frame", sorted(timings)[len(timings) // 2], max(timings))


def test_works_in_a_sandboxed_frame(open_page, tmp_path):
    graph(mx.gluon.nn.Dense(2), (1, 3)).save(tmp_path / "graph.html")
    outer = tmp_path / "outer.html"
    outer.write_text('<iframe sandbox="allow-scripts" src="graph.html" width=900></iframe>')
    page = open_page()
    page.goto(outer.as_uri())
    page.frame_locator("iframe").locator(".mxb-graph [data-key]").first.wait_for()


SHOW = """
import mxbook as mx
net = mx.gluon.model_zoo.vision.resnet18_v1()
net.initialize()
net.show((1, 3, 32, 32))
"""


def test_in_a_notebook_and_after_the_kernel_has_gone(lab, notebook, open_page):
    name, page = notebook(SHOW), open_page()
    open_notebook(lab, page, name)
    run_all(page)
    page.wait_for_selector(".mxb-graph [data-key]", timeout=60_000)
    content = save(lab, page, name)
    output = content["cells"][0]["outputs"][0]["data"]
    assert {"image/png", "image/svg+xml", "text/plain"} <= set(output)
    assert len(json.dumps(content)) < 400_000
    stop_kernels(lab)
    page.locator(".mxg-field").focus()
    page.keyboard.press("ArrowDown")
    assert speech(page).startswith("input data")


def test_the_python_half():
    pytest.importorskip("anywidget", reason="anywidget is not installed")
    import mxbook_widgets

    widget = mxbook_widgets.Graph(graph(mx.gluon.nn.Dense(2), (1, 3)))
    widget.select("data")
    assert widget.selected == 0
    assert json.loads(widget._graph)["nodes"][0]["name"] == "data"
    data, _ = widget._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "image/svg+xml"} <= set(data)


def test_numbers_over_it(show, pictures):
    net = mx.gluon.model_zoo.vision.resnet18_v1(classes=10)
    net.initialize()
    x = mx.nd.ones((2, 3, 64, 64))
    with mx.autograd.record():
        loss = net(x).sum()
    loss.backward()
    page = show(overlaid(net, x, train=True))
    chooser = page.get_by_label("numbers over the graph")
    names = chooser.locator("option").all_inner_texts()
    assert {"buffers of memory in training", "norm of gradients"} <= set(names)
    page.get_by_role("button", name="open all groups").click()
    chooser.select_option("buffers of memory in training")
    assert page.locator(".mxg-letter").first.inner_text().isupper()
    assert "in place" in page.locator(".mxg-stage svg").text_content()
    if pictures:
        page.screenshot(path=pictures / "graph-buffers.png")
    page.get_by_role("button", name="close all groups").click()
    chooser.select_option("norm of gradients")
    assert "up to |g|" in page.locator(".mxg-stage svg").text_content()
    page.locator(".mxg-side ol button").first.click()
    assert page.locator(".mxg-facts", has_text="norm of gradients").count() == 1
    if pictures:
        page.screenshot(path=pictures / "graph-gradients.png")
