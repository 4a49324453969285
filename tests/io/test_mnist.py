"""MNISTIter."""

import numpy as np
import pytest

from mxbook.base.errors import FileFormatError, ParameterError
from mxbook.formats.idx import write_idx
from mxbook.io import MNISTIter
from tests import oracle

IMAGES = np.random.default_rng(0).integers(0, 256, (11, 4, 3)).astype("uint8")


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_idx("im", IMAGES)
    write_idx("lb", np.arange(11, dtype="uint8"))
    return {"image": "im", "label": "lb"}


def test_full_batches_in_order(files):
    data = MNISTIter(batch_size=4, shuffle=False, **files)
    for _ in range(2):
        batches = list(data)
        assert [b.label[0].asnumpy().tolist() for b in batches] == [[0, 1, 2, 3], [4, 5, 6, 7]]
        assert batches[1].index.tolist() == [4, 5, 6, 7]
        found = batches[1].data[0]
        assert found.shape == (4, 1, 4, 3)
        np.testing.assert_array_equal(found.asnumpy()[:, 0], IMAGES[4:8] / np.float32(256))
        data.reset()
    assert next(MNISTIter(batch_size=4, flat=True, **files)).data[0].shape == (4, 12)


def test_parts_and_orders(files):
    labels = [
        [b.label[0].asnumpy().tolist() for b in MNISTIter(
            batch_size=1, num_parts=3, part_index=i, seed=5, **files)]
        for i in range(3)
    ]  # fmt: skip
    assert [sorted(x for [x] in part) for part in labels] == [
        [0, 1, 2], [3, 4, 5, 6], [7, 8, 9, 10]
    ]  # fmt: skip
    assert labels != [sorted(part) for part in labels]


def test_what_cannot_be(files):
    for wrong in ({"batch_size": 12}, {"num_parts": 2, "part_index": 2}, {"dtype": "uint8"}):
        with pytest.raises(ParameterError):
            MNISTIter(**{**files, "batch_size": 2, **wrong})
    with pytest.raises(FileFormatError, match="not images with their labels"):
        MNISTIter(image="lb", label="im", batch_size=2)


BOTH = """
for shuffle in (False, True):
    for seed in (0, 1):
        for part in range(2):
            it = mx.io.MNISTIter(image="im", label="lb", batch_size=2, shuffle=shuffle, seed=seed,
                                 num_parts=2, part_index=part, silent=True)
            kept.append(it)
            found[f"{shuffle} {seed} {part}"] = [
                [b.data[0].asnumpy(), b.label[0].asnumpy(), b.pad] for b in it]
"""


@oracle.marks
def test_the_batches_of_real_mxnet(files, tmp_path):
    oracle.both(BOTH, tmp_path)
