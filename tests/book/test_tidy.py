import copy

from hypothesis import given
from hypothesis import strategies as st

from mxbook.book import tidy

from .conftest import book, code, markdown, printed, shown

texts = st.text(alphabet="ab \n\r0x123456789f/~", max_size=30)
streams = st.builds(printed, texts, st.sampled_from(["stdout", "stderr"]))
pictures = st.builds(lambda text: shown(text_plain=text, image_png="aGk="), texts)
metadata = st.dictionaries(
    st.sampled_from(["tags", "jupyter", "execution", "trusted"]), st.just(["a"])
)


@st.composite
def notebooks(draw):
    cells = draw(st.lists(st.builds(code, st.text(), streams, pictures, streams), max_size=4))
    notebook = book(*cells)
    notebook["metadata"] = draw(st.dictionaries(st.text(), st.integers()))
    for cell in notebook["cells"]:
        cell["metadata"] = draw(metadata)
    return notebook


@given(notebooks())
def test_tidy_is_idempotent_and_leaves_its_argument_alone(notebook):
    before = copy.deepcopy(notebook)
    once = tidy.tidy(notebook)
    assert notebook == before
    assert tidy.tidy(once) == once
    assert [c["source"] for c in once["cells"]] == [c["source"] for c in before["cells"]]
    assert once["metadata"] == tidy.METADATA


def test_metadata_of_cells_that_is_kept_and_removed():
    cell = code("1", tags=("stable",))
    cell["metadata"] |= {
        "execution": {"iopub.status.busy": "2026"},
        "jupyter": {"source_hidden": True},
        "scrolled": False,
    }
    kept = tidy.tidy(book(cell))["cells"][1]["metadata"]
    assert kept == {"tags": ["stable"], "jupyter": {"source_hidden": True}}


def test_the_widget_goes_and_its_picture_stays():
    output = shown(image_png="aGk=", text_plain="10 steps")
    output["data"][tidy.WIDGET] = {"model_id": "1f"}
    output["metadata"] = {tidy.WIDGET: {}, "image/png": {"width": 720}}
    notebook = book(code("w", output))
    notebook["metadata"]["widgets"] = {"state": {"1f": {"_esm": "..."}}}
    clean = tidy.tidy(notebook)
    (output,) = clean["cells"][1]["outputs"]
    assert output["data"] == {"image/png": "aGk=", "text/plain": "10 steps"}
    assert output["metadata"] == {"image/png": {"width": 720}}
    assert "widgets" not in clean["metadata"]


def test_addresses_and_folders_become_neutral_everywhere():
    text = "<A at 0x7f00deadbeef> in /home/me/course/a.py, /tmp/ipykernel_12/345.py, color 0xff"
    error = {"output_type": "error", "ename": "E", "evalue": text, "traceback": [text, text]}
    outputs = (printed(text), shown(text_plain=text, text_html=text, image_png=text), error)
    places = [("/home/me/course/", "")]
    clean = tidy.tidy(book(code("1", *outputs)), places)["cells"][1]["outputs"]
    expected = "<A at 0x…> in a.py, cell, color 0xff"
    assert clean[0]["text"] == expected
    assert clean[1]["data"] == {
        "text/plain": expected,
        "text/html": expected,
        "image/png": text,  # bytes in base64 are not text
    }
    assert clean[2]["evalue"] == expected
    assert clean[2]["traceback"] == [expected, expected]


def test_pieces_of_a_stream_are_joined_and_keep_their_place():
    outputs = [printed("10 %\r"), printed("20 %\ra"), printed("b\r\n"), shown(text_plain="x")]
    outputs += [printed("c"), printed("!", "stderr"), printed("d")]
    found = tidy.joined(outputs)
    assert [o.get("text", "picture") for o in found] == ["ab\r\n", "picture", "c", "!", "d"]


def test_cells_keep_their_identifiers_and_get_missing_ones():
    notebook = book(code("1"), code("2"), markdown("3"))
    names = ["a", "b", "b", None]
    for cell, name in zip(notebook["cells"], names, strict=True):
        cell["id"] = name
    found = [c["id"] for c in tidy.tidy(notebook)["cells"]]
    assert found[:2] == ["a", "b"]
    assert len(set(found)) == 4
