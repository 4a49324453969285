"""Sites: cell, line and text of the user's call."""

import sys
import types

from mxbook.base.sites import Site, here


def site():
    return here(0)  # the marked line


def test_file_line_and_text():
    found = site()
    assert found.text == "return here(0)  # the marked line"
    assert found.where == f"test_sites.py, line {found.line}"
    assert str(found).startswith("test_sites.py, line ")


def test_a_notebook_cell_has_its_number(monkeypatch):
    code = compile("from mxbook.base.sites import here\n\nfound = here(0)\n", "<cell-abc>", "exec")
    shell = types.SimpleNamespace(compile=types.SimpleNamespace(_filename_map={"<cell-abc>": 7}))
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    scope = {}
    exec(code, scope)
    assert scope["found"].where == "cell 7, line 3"


def test_frames_of_mxbook_are_passed_over():
    from mxbook import nd

    made = nd.relu(nd.ones((2,)))
    assert Site(*made._origin[1:3]).text == "made = nd.relu(nd.ones((2,)))"
