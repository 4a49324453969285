"""Every widget by keyboard alone: Tab leads in, through everything that can be pressed, and out."""

import pytest

from .test_accessibility import PAGES

pytestmark = pytest.mark.browser

# Widget: what has the arrow keys, what is said, and the button that shows a table ("" if none).
FIELDS = {
    "curves": (".mxb-plots", ".mxb-speech", "show as table"),
    "graph": (".mxg-field", ".mxg-speech", "show as table"),
    "timeline": (".mxt-stage", ".mxt-speech", "show as table"),
    "playground": (".mxp-log", "", ""),
    "memory": (".mxm-field", ".mxm-speech", "show as table"),
    "card": (".mxc-text", "", ""),
}
FOCUS = """() => {
    const e = document.activeElement;
    if (e === document.body) return null;
    const style = getComputedStyle(e);
    const box = e.getBoundingClientRect();
    return {
        title: e.title, tag: e.tagName, classes: e.className,
        ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1,
        seen: box.width > 0 && box.height > 0,
    };
}"""
STOPS = "summary, button:enabled, input:enabled, select:enabled, [tabindex='0']"


@pytest.fixture
def page(request, open_page, tmp_path):
    name = request.param
    (tmp_path / "page.html").write_text(PAGES[name][0](), encoding="utf-8")
    page = open_page()
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_selector(f".mxb-{name}")
    return page


def tab_to(page, wanted) -> None:
    """Press Tab until the focused element is the one that is wanted."""
    for _ in range(60):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUS)
        if found and wanted(found):
            return
    pytest.fail("Tab never comes there")


@pytest.mark.parametrize("page", PAGES, indirect=True)
def test_tab_visits_everything_and_leaves(page):
    wanted = page.locator(STOPS).evaluate_all("es => es.filter((e) => e.offsetParent).length")
    visited = []
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUS)
        if found is None:
            break
        visited.append(found)
    assert found is None, "the focus is trapped"
    assert len(visited) == wanted
    assert all(v["seen"] for v in visited)
    assert [v for v in visited if not v["ring"]] == []  # it can be seen where one is


@pytest.mark.parametrize(
    "page, name", [(name, name) for name in PAGES], indirect=["page"], ids=list(PAGES)
)
def test_arrows_escape_and_table(page, name):
    field, speech, table = FIELDS[name]
    tab_to(page, lambda found: field[1:] in found["classes"].split())
    if speech:
        before = page.locator(speech).inner_text()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowRight")
        assert page.locator(speech).inner_text() not in ("", before)
        page.keyboard.press("Escape")  # nothing chosen
        page.keyboard.press("Escape")  # out
        assert not page.evaluate(f"document.activeElement.matches('{field}')")
    if table:
        tab_to(page, lambda found: found["title"] == table)
        page.keyboard.press("Space")
        assert page.locator("table tbody tr").count() >= 4
        page.keyboard.press("Space")
