"""The timeline: on a page of its own, and a million events in a real JupyterLab."""

import csv
import json

import pytest

from mxbook.engine.log import OperationRecord, WaitRecord
from mxbook.explain.timeline import Timeline, timeline

from .test_lab import READY, open_notebook

pytestmark = pytest.mark.browser
MS = 1_000_000


def step() -> Timeline:
    """Two chains that meet, on two workers, and a wait for what comes out."""
    names = ("Convolution", "BatchNorm", "relu", "dot")
    found, at = [], [0, 0]
    for number in range(1, 25):
        chain = number % 2
        version = (number + 1) // 2
        start = at[chain] + MS // 4
        at[chain] = start + (2 + number % 5) * MS
        reads = ((10 + chain, 1),) + (((1 - chain, version - 1),) if number % 8 == 0 else ())
        row = (number, names[number // 2 % 4], None, reads, ((chain, version),))
        times = (number * MS // 10, start - MS // 8, start, at[chain])
        lane = f"mxbook-worker-{chain + 1}"
        record = (*row, *times, lane, False, "done", 4096, f"net_{names[number // 2 % 4]}0")
        found.append(OperationRecord._make(record))
    wait = WaitRecord(0, "variable", None, 3 * MS, at[0], "MainThread", 24, "dot", None)
    return timeline(found, [], [wait])


@pytest.fixture
def opened(open_page, tmp_path):
    """The page of a timeline, in the colours of the system."""

    def open_it(**options):
        step().save(tmp_path / "step.html")
        page = open_page(**options)
        page.goto((tmp_path / "step.html").as_uri())
        page.wait_for_selector(".mxb-timeline canvas")
        return page

    return open_it


@pytest.fixture
def page(opened):
    return opened()


def speech(page) -> str:
    return page.locator(".mxt-speech").inner_text()


def view(page, what: str):
    """Something of the view: `view(page, "port.begin")`."""
    return page.evaluate(f"document.querySelector('.mxb-timeline').mxbookTimeline.{what}")


def test_shows_lanes_and_legend(page, pictures):
    assert page.locator(".mxt-title").inner_text().startswith("24 operations on 3 lanes")
    assert page.locator(".mxt-keys button").count() == 4
    assert view(page, "shown.titles") == ["Python", "worker 1", "worker 2"]
    ink = "(c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v))"
    assert page.evaluate(f"{ink}(document.querySelector('.mxb-timeline canvas'))")
    if pictures:
        page.screenshot(path=pictures / "timeline-light.png")


def test_keyboard_alone(page, pictures):
    page.locator(".mxt-stage").focus()
    page.keyboard.press("ArrowRight")
    assert speech(page).startswith("Python waits for #24")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    first = speech(page)
    assert first.startswith("#") and "on worker 1" in first
    page.keyboard.press("n")
    assert speech(page) != first
    whole = view(page, "port.end")
    page.keyboard.press("w")
    page.keyboard.press("d")
    assert view(page, "port.end") - view(page, "port.begin") < whole
    assert view(page, "port.begin") > 0
    page.keyboard.press("f")
    if pictures:
        page.screenshot(path=pictures / "timeline-selected.png")
    page.keyboard.press("0")
    assert view(page, "port.all")
    page.keyboard.press("Escape")
    assert view(page, "chosen") == -1
    page.keyboard.press("Escape")
    assert not page.evaluate("document.activeElement.matches('.mxt-stage')")


def test_pointer_selects_marks_an_area_and_zooms(page, pictures):
    box = page.locator(".mxb-timeline canvas").bounding_box()
    worker = box["y"] + 8 + 29 + 10
    page.mouse.click(box["x"] + 300, worker)
    assert page.locator(".mxt-below dt", has_text="reads").count() == 1
    page.mouse.move(box["x"] + 200, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(box["x"] + 500, worker + 29, steps=4)
    page.mouse.up()
    heading = page.locator(".mxt-below h4").inner_text()
    assert heading.endswith("busy")
    assert page.locator(".mxt-below caption").all_inner_texts() == [
        "by operator", "by block", "by lane",
    ]  # fmt: skip
    if pictures:
        page.screenshot(path=pictures / "timeline-area.png")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    page.wait_for_function("!document.querySelector('.mxb-timeline').mxbookTimeline.port.all")
    page.mouse.move(box["x"] + 600, box["y"] + box["height"] - 8)  # the axis
    begin = view(page, "port.begin")
    page.mouse.down()
    page.mouse.move(box["x"] + 500, box["y"] + box["height"] - 8, steps=3)
    page.mouse.up()
    assert view(page, "port.begin") > begin


def test_what_if_agrees_with_python(page, pictures):
    page.get_by_role("button", name="other engines").click()
    page.locator(".mxt-plan", has_text="1 worker").first.click()
    other = step().what_if(1)
    spans = view(page, "plan.span")
    assert spans == other.end - other.start
    assert view(page, "shown.titles") == ["Python", "worker 1"]
    if pictures:
        page.screenshot(path=pictures / "timeline-what-if.png")
    page.locator(".mxt-plan", has_text="as it was").click()
    assert view(page, "shown === document.querySelector('.mxb-timeline').mxbookTimeline.record")


def test_queues_step_by_step(opened, pictures):
    page = opened(color_scheme="dark")
    page.wait_for_selector(".mxb-timeline.mxb-dark")
    page.get_by_role("button", name="queues of variables").click()
    assert page.locator(".mxt-step").inner_text() == "0 of 72 · at the beginning"
    for _ in range(6):
        page.get_by_role("button", name="next event").click()
    steps = step().queues()
    busy = [q for q in steps.at(6) if q.entries]
    assert page.locator(".mxt-queue b").all_inner_texts() == [
        f"{q.name} v{q.version}" for q in busy
    ]
    assert page.locator(".mxt-entry").count() == sum(len(q.entries) for q in busy)
    if pictures:
        page.screenshot(path=pictures / "timeline-queues-dark.png")


def test_table_and_files(page, tmp_path):
    page.get_by_role("button", name="show as table").click()
    assert page.locator(".mxt-below tbody tr").count() == 24
    for kind, begins in (("PNG", b"\x89PNG"), ("SVG", b"<svg"), ("CSV", b"number,operator")):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=f"save as {kind}").click()
        waiting.value.save_as(tmp_path / kind)
        content = (tmp_path / kind).read_bytes()
        assert content.startswith(begins)
    rows = list(csv.DictReader((tmp_path / "CSV").read_text().splitlines()))
    assert len(rows) == 24
    with page.expect_download() as waiting:
        page.get_by_role("button", name="save as HTML").click()
    waiting.value.save_as(tmp_path / "again.html")
    page.goto((tmp_path / "again.html").as_uri())
    page.wait_for_selector(".mxb-timeline canvas")
    assert view(page, "record.count") == 25
    assert view(page, "record.details.layers").count("net_dot0") == 1


def test_two_timelines_on_one_axis(open_page, tmp_path, pictures):
    events = [
        e._replace(ended=e.ended + MS) if e.name == "dot" else e
        for e in step().events
        if e.number != 20
    ]
    both = step().compare(step()._replace(events=events), ("before", "after"))
    both.save(tmp_path / "both.html")
    page = open_page()
    page.goto((tmp_path / "both.html").as_uri())
    page.wait_for_selector(".mxb-timeline canvas")
    assert page.locator(".mxt-below h4").inner_text() == "what changed most"
    first = page.locator(".mxt-differences tbody tr").first
    assert first.locator("th").inner_text() == "dot"
    page.locator(".mxt-below table button").first.click()
    assert page.locator(".mxt-below dt", has_text="in after").count() == 1
    if pictures:
        page.screenshot(path=pictures / "timeline-compared-selected.png", full_page=True)
    page.locator(".mxt-stage").focus()
    page.keyboard.press("Escape")
    assert page.locator(".mxt-below h4").inner_text() == "what changed most"
    if pictures:
        page.screenshot(path=pictures / "timeline-compared.png", full_page=True)


# What the engine's log holds after a million small operations: six in turn on weights and on what
# the operation before made.
MILLION = """
import mxbook as mx
import mxbook_widgets
from mxbook import engine

names = ("Convolution", "broadcast_add", "relu", "FullyConnected", "sgd_update", "_mul_scalar")
code = (lambda: None).__code__
engine.log.resize(2**20)
engine.log.clear()
at, free = 0, [0] * 8
for n in range(1, 1_000_001):
    kind, lane = n % 6, n % 8
    made = ((n % 60, n // 60),) if kind == 4 else ((1000 + n, 0),)
    seen = ((999 + n, 1), (n % 60, max(0, (n - 1) // 60)))
    start = max(free[lane], at)
    free[lane] = start + 500 + 7919 * n % 20_000
    engine.log.add((n, names[kind], (code, 2 * (n % 50)), seen, made, at, at + 100, start,
                    free[lane], f"mxbook-worker-{lane}", False, "done", 4096, f"net_dense{kind}"))
    at += 1400
"""
SHOW = "mx.explain.timeline()"


@pytest.mark.slow
def test_a_million_events(lab, open_page, notebook, pictures):
    name = notebook(MILLION, SHOW)
    page = open_page()
    open_notebook(lab, page, name)
    run = "() => window.jupyterapp.commands.execute('notebook:run-cell-and-select-next')"
    page.evaluate(run)
    page.wait_for_function("document.querySelectorAll('.jp-InputPrompt')[0].textContent == '[1]:'")
    page.wait_for_selector(READY)
    seen = page.evaluate(
        """async () => {
            const begun = performance.now();
            window.jupyterapp.commands.execute('notebook:run-cell-and-select-next');
            for (;;) {
                await new Promise((done) => requestAnimationFrame(done));
                const view = document.querySelector('.mxb-timeline')?.mxbookTimeline;
                if (view?.timings.length) return performance.now() - begun;
            }
        }"""
    )
    assert view(page, "record.count") == 1_000_000
    early = page.evaluate("performance.now()")
    page.wait_for_function(
        "document.querySelector('.mxb-timeline').mxbookTimeline.record.details", timeout=30_000
    )
    later = page.evaluate("performance.now()") - early
    frames = page.evaluate(FRAMES)
    print(json.dumps({"visible after ms": round(seen), "details": round(later), **frames}))
    assert view(page, "record.critical.length") > 1
    assert all(len(times) == 3 for times in frames.values())
    if pictures:
        page.screenshot(path=pictures / "timeline-million.png")


# Pans and zooms, and tells p50, p95 and the largest of the milliseconds that drawing a frame took.
FRAMES = """async () => {
    const view = document.querySelector('.mxb-timeline').mxbookTimeline;
    const found = {};
    for (const share of [1, 0.1, 0.01, 0.001]) {
        view.port.show(0.4 * view.port.span, (0.4 + share) * view.port.span);
        view.timings.length = 0;
        for (let i = 0; i < 60; i++) {
            view.port.zoom(i % 2 ? 1.01 : 0.99, 500);
            view.port.pan(i % 3 ? 0.003 : -0.006);
            view.request();
            await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        }
        const times = view.timings.slice().sort((a, b) => a - b);
        const at = (q) => Math.round(100 * times[Math.floor(q * (times.length - 1))]) / 100;
        found[share] = [at(0.5), at(0.95), at(1)];
    }
    view.select(500_000, true);
    return found;
}"""
