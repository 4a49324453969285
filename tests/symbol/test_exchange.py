"""Files go both ways between mxbook and real MXNet 1.6: what one writes the other reads, with the
same outputs, gradients, attributes, and text when it is written again.

Run with MXBOOK_ORACLE_PYTHON naming an interpreter that has MXNet 1.6.
"""

from pathlib import Path

import numpy as np
import pytest

from tests import oracle

SCRIPT = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import exchanged
exchanged.use(mx)
"""
KINDS = ("blocks", "symbols", "module", "arrays")
ATOL = 2e-5


def written(kind, package, folder):
    oracle.ask(f"{SCRIPT}exchanged.write_{kind}()\n", folder, package)


def read(kind, package, folder):
    return oracle.ask(f"{SCRIPT}exchanged.read_{kind}(found)\n", folder, package)


@oracle.marks
@pytest.mark.parametrize("writer", ["mxbook", "mxnet"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_one_writes_the_other_reads(kind, writer, tmp_path):
    written(kind, writer, tmp_path)
    found = {reader: read(kind, reader, tmp_path) for reader in ("mxnet", "mxbook")}
    assert found["mxbook"].keys() == found["mxnet"].keys()
    for name, theirs in found["mxnet"].items():
        oracle.compare(found["mxbook"][name], theirs, name, ATOL if name[0] == "~" else 0, 1e-4)
    if kind == "blocks":
        compare_with_the_writer(found["mxnet"], tmp_path)


def compare_with_the_writer(found, folder):
    """What came out when the files were written is what comes out of them, in all three ways."""
    for file in sorted(folder.glob("*.npz")):
        kept = np.load(file)
        outputs = [kept[n] for n in sorted(kept.files) if n.startswith("out")]
        for way in ("block", "bound", "parameters"):
            name = f"~{file.stem} {way}"
            oracle.compare(found[name], outputs, name, ATOL, 1e-4)
        text = (folder / f"{file.stem}-symbol.json").read_text()
        assert found[f"{file.stem} text"] == text


def test_mxbook_reads_what_it_writes(tmp_path):
    """The same without MXNet, for the kinds that take no time."""
    for kind in ("symbols", "module", "arrays"):
        written(kind, "mxbook", tmp_path)
        found = read(kind, "mxbook", tmp_path)
        for name in found:
            if name.endswith(" own"):
                oracle.compare(found[name], found[name.replace(" own", " read")], name, 1e-6)
    found = read("module", "mxbook", tmp_path)
    oracle.compare(found["~module goes on"], found["~module of the writer"], "module", 1e-6)
