"""ImageDetIter."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.formats import pictures
from mxbook.image import ImageDetIter
from mxbook.image.detection import LabelError
from tests import oracle
from tests.io.files import noise, plain, write

BOXES = [(0.1, 0.1, 0.5, 0.6), (0.3, 0.2, 0.9, 0.7), (0.5, 0.5, 1.0, 1.0)]
LABELS = [
    [2, 5, *(v for i, box in enumerate(BOXES[:count]) for v in (i, *box))]
    for count in (1, 2, 3, 1, 2)
]


@pytest.fixture
def record(tmp_path):
    path = write(tmp_path / "objects", [noise(i) for i in range(5)], LABELS)
    return {
        "batch_size": 2, "data_shape": (3, 20, 25), "path_imgrec": path,
        "path_imgidx": path.replace(".rec", ".idx"),
    }  # fmt: skip


def test_batches(record):
    data = ImageDetIter(**record)
    assert data.provide_label == [("label", (2, 3, 5))]
    for _ in range(2):
        batches = list(data)
        assert [b.pad for b in batches] == [0, 0, 1]
        label = batches[0].label[0].asnumpy()
        np.testing.assert_allclose(label[1, :2], [[0, *BOXES[0]], [1, *BOXES[1]]], rtol=1e-6)
        assert (label[0, 1:] == -1).all()
        assert batches[0].data[0].shape == (2, 3, 20, 25)
        data.reset()


def test_room_for_objects(record):
    data, other = ImageDetIter(**record), ImageDetIter(**record)
    data.reshape(label_shape=(7, 5))
    assert next(data).label[0].shape == (2, 7, 5)
    assert data.sync_label_shape(other, verbose=True) is other
    assert other.label_shape == (7, 5)
    for wrong in ((2, 5), (7, 6), (7,)):
        with pytest.raises(ShapeError):
            data.reshape(label_shape=wrong)
    with pytest.raises(ParameterError, match="invalid iterator"):
        data.sync_label_shape(3)
    data.reshape(data_shape=(3, 10, 12))
    assert data.provide_data == [("data", (2, 3, 10, 12))]
    with pytest.raises(ShapeError):
        data.reshape(data_shape=(1, 10, 12))


def test_labels(record):
    data = ImageDetIter(**record)
    found = data._parse_label(mx.nd.array([4, 6, 9, 9, 0, 0.1, 0.2, 0.3, 0.4, 7]))
    np.testing.assert_allclose(found, [[0, 0.1, 0.2, 0.3, 0.4, 7]], rtol=1e-6)
    some = np.array([2, 5, 0, 0.5, 0.1, 0.3, 0.4, 1, 0.1, 0.1, 0.4, 0.9])
    assert len(data._parse_label(some)) == 1  # the first one is turned over
    for wrong in (
        [2, 5, 0, 0.1, 0.2],
        [2, 5, *[0] * 6],
        [2, 5, 0, 0.5, 0.5, 0.3, 0.4],
        [2, 4, *[0] * 8],
    ):
        with pytest.raises(LabelError):
            data._parse_label(np.array(wrong))
    for wrong in (np.zeros((1, 3)), np.zeros(5), np.array([[-1, 0.1, 0.1, 0.2, 0.3]])):
        with pytest.raises(LabelError):
            data._check_valid_label(wrong)


def test_images_whose_objects_are_gone_are_left_out(record, caplog):
    def lose_the_first(src, label):
        return src, label if len(label) > 1 else label[:0]

    data = ImageDetIter(aug_list=[lose_the_first], **{**record, "data_shape": (3, 40, 50)})
    batches = list(data)
    assert batches[0].label[0].asnumpy()[:, 1, 0].tolist() == [1, 1]
    assert sum(2 - b.pad for b in batches) == 3


def test_frames(record, monkeypatch):
    monkeypatch.setattr(pictures, "opencv", lambda: None)
    path = write(record["path_imgrec"][:-4], [plain(100, (60, 80, 3))], [[2, 5, 1, *BOXES[1]]])
    given = {**record, "batch_size": 1, "data_shape": (3, 60, 80), "path_imgrec": path}
    data = ImageDetIter(mean=True, std=True, **given)
    (framed,) = data.draw_next(color=(255, 0, 0), thickness=1, mean=True, std=True)
    red = (framed == [255, 0, 0]).all(axis=2)
    rows, columns = np.nonzero(red)
    assert (columns.min(), rows.min(), columns.max(), rows.max()) == (24, 12, 72, 42)
    assert abs(framed[~red].astype(int) - 100).max() <= 1
    named = list(ImageDetIter(**given).draw_next(color=(255, 0, 0), id2labels={1: "dog"}))
    assert ((named[0] == [255, 0, 0]).all(axis=2)).sum() > red.sum()
    assert len(list(ImageDetIter(**given).draw_next(id2labels=["cat", "dog"]))) == 1


BOTH = """
D = mx.image.ImageDetIter
k = dict(batch_size=2, data_shape=(3, 20, 25), path_imgrec="objects.rec", path_imgidx="objects.idx")
def passes(it, number=2):
    answer = []
    for _ in range(number):
        answer.append([[b.data[0].asnumpy(), b.label[0].asnumpy(), b.pad] for b in it])
        it.reset()
    return answer
for rule in ("pad", "discard", "roll_over"):
    random.seed(2)
    it = D(last_batch_handle=rule, shuffle=True, **k)
    found[f"~{rule}"] = passes(it, 3)
    it.hard_reset()
    found[f"~{rule} hard"] = passes(it)
for i in range(2):
    found[f"~part {i}"] = passes(D(num_parts=2, part_index=i, **k))
for seed in range(6):
    random.seed(seed)
    np.random.seed(seed)
    it = D(rand_crop=.7, rand_pad=.7, rand_mirror=True, rand_gray=.3, brightness=.2, hue=.1,
           pca_noise=.1, mean=True, std=True, min_object_covered=.4, area_range=(.2, 2), **k)
    found[f"~changed {seed}"] = [[a[0] for a in one] for one in passes(it)]
    found[f"objects {seed}"] = [random.random(), float(np.random.rand())]
it = D(**k)
found["shapes"] = [it.provide_data[0][1], it.provide_label[0][1], it.label_shape]
"""


@oracle.marks
def test_the_batches_of_real_mxnet(record, tmp_path):
    oracle.both(BOTH, tmp_path, atol=1e-3)
