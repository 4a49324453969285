"""ImageIter."""

import random

import numpy as np
import pytest

import mxbook as mx
from mxbook import image
from mxbook.base.errors import FileFormatError, ParameterError, ShapeError
from mxbook.formats import pictures
from mxbook.image import ImageIter
from tests import oracle
from tests.io.files import noise, plain, write


@pytest.fixture
def record(tmp_path):
    path = write(tmp_path / "numbered", [plain(10 * i) for i in range(8)])
    return {"path_imgrec": path, "path_imgidx": path.replace(".rec", ".idx")}


@pytest.fixture
def folder(tmp_path):
    for i in range(5):
        (tmp_path / f"{i}.png").write_bytes(pictures.encode(plain(10 * i), ".png"))
    return tmp_path


def seen(iterator):
    return [
        (b.data[0].asnumpy()[:, 0, 0, 0].tolist(), b.label[0].asnumpy().tolist(), b.pad)
        for b in iterator
    ]


def test_the_rules_for_the_last_batch(record):
    def labels(iterator):
        found = [batch for _, batch, _ in seen(iterator)]
        iterator.reset()
        return found

    padded = ImageIter(3, (3, 8, 9), **record)
    for _ in range(2):
        assert labels(padded) == [[0, 1, 2], [3, 4, 5], [6, 7, 0]]
    assert seen(padded)[-1] == ([60, 70, 0], [6, 7, 0], 1)
    assert labels(ImageIter(3, (3, 8, 9), last_batch_handle="discard", **record)) == [
        [0, 1, 2], [3, 4, 5],
    ]  # fmt: skip
    rolled = ImageIter(3, (3, 8, 9), last_batch_handle="roll_over", **record)
    assert labels(rolled) == [[0, 1, 2], [3, 4, 5]]
    assert labels(rolled) == [[6, 7, 0], [1, 2, 3], [4, 5, 6]]
    rolled.hard_reset()
    assert next(rolled).label[0].asnumpy().tolist() == [0, 1, 2]


def test_without_an_index(record):
    data = ImageIter(3, (3, 8, 9), path_imgrec=record["path_imgrec"])
    assert [batch for _, batch, _ in seen(data)] == [[0, 1, 2], [3, 4, 5], [6, 7, 0]]
    for wrong in ({"shuffle": True}, {"num_parts": 2}):
        with pytest.raises(ParameterError, match="need the index"):
            ImageIter(3, (3, 8, 9), path_imgrec=record["path_imgrec"], **wrong)


def test_orders_and_parts(record):
    random.seed(1)
    data = ImageIter(4, (3, 8, 9), shuffle=True, **record)
    first = [x for _, batch, _ in seen(data) for x in batch]
    data.reset()
    second = [x for _, batch, _ in seen(data) for x in batch]
    assert sorted(first) == sorted(second) == list(range(8))
    assert first != second
    parts = [ImageIter(2, (3, 8, 9), num_parts=2, part_index=i, **record) for i in (0, 1)]
    assert [x for part in parts for _, batch, _ in seen(part) for x in batch] == list(range(8))
    with pytest.raises(ParameterError, match="no part 2 of 2"):
        ImageIter(2, (3, 8, 9), num_parts=2, part_index=2, **record)


def test_lists(folder, record):
    (folder / "a.lst").write_text("7\t1.5\t0.png\n3\t2.5\t4.png\n")
    data = ImageIter(2, (3, 8, 9), path_imglist=str(folder / "a.lst"), path_root=str(folder))
    assert seen(data) == [([0, 40], [1.5, 2.5], 0)]
    two = ImageIter(1, (3, 8, 9), label_width=2, imglist=[[1, 2, "3.png"]], path_root=str(folder))
    assert seen(two) == [([30], [[1, 2]], 0)]
    assert two.provide_label == [("softmax_label", (1, 2))]
    again = ImageIter(
        1, (3, 8, 9), label_width=2, imglist=[[[1, 2], "3.png"]], path_root=str(folder)
    )
    assert seen(again) == [([30], [[1, 2]], 0)]
    lines = "".join(f"{i}\t{i + 100}\tx\n" for i in range(8))
    (folder / "b.lst").write_text(lines)
    both = ImageIter(4, (3, 8, 9), path_imglist=str(folder / "b.lst"), **record)
    assert seen(both)[0][1] == [100, 101, 102, 103]
    (folder / "b.lst").write_text("0\t1\tx\n")
    with pytest.raises(ParameterError, match="no image 1"):
        seen(ImageIter(4, (3, 8, 9), path_imglist=str(folder / "b.lst"), **record))


def test_errors_say_which_image(folder, record):
    (folder / "2.png").write_bytes(b"nothing")
    data = ImageIter(1, (3, 8, 9), imglist=[[0, "1.png"], [0, "2.png"]], path_root=str(folder))
    next(data)
    with pytest.raises(FileFormatError, match="no picture") as caught:
        next(data)
    assert ("file", str(folder / "2.png")) in caught.value.place
    with mx.recordio.MXIndexedRecordIO(record["path_imgidx"], record["path_imgrec"], "w") as out:
        out.write_idx(5, mx.recordio.pack(mx.recordio.IRHeader(0, 1, 5, 0), b"nothing"))
    with pytest.raises(FileFormatError) as caught:
        next(ImageIter(1, (3, 8, 9), **record))
    assert ("key", "5") in caught.value.place
    missing = ImageIter(1, (3, 8, 9), imglist=[[0, "x.png"]], path_root=str(folder))
    with pytest.raises(FileNotFoundError):
        next(missing)


def test_what_makes_no_sense(record):
    for wrong, error in (
        ({"data_shape": (1, 8, 9)}, ShapeError),
        ({"data_shape": (8, 9)}, ShapeError),
        ({"dtype": "uint8"}, ParameterError),
        ({"last_batch_handle": "keep"}, ParameterError),
    ):
        with pytest.raises(error):
            ImageIter(**{"batch_size": 1, "data_shape": (3, 8, 9), **record, **wrong})
    with pytest.raises(ParameterError, match="no images"):
        ImageIter(1, (3, 8, 9))


def test_augmenters(record):
    data = ImageIter(2, (3, 4, 4), aug_list=[image.CenterCropAug((4, 4))], **record)
    assert next(data).data[0].shape == (2, 3, 4, 4)
    data = ImageIter(2, (3, 4, 4), rand_crop=True, mean=np.array([1, 2, 3]), **record)
    assert next(data).data[0].asnumpy()[1, :, 0, 0].tolist() == [9, 8, 7]
    with pytest.raises(TypeError):
        ImageIter(2, (3, 4, 4), rand_crops=True, **record)
    with pytest.raises(ShapeError, match="Data shape is wrong"):
        data.check_valid_image([np.array(3.0)])


BOTH = """
I = mx.image
J = dict(batch_size=3, data_shape=(3, 8, 9), path_imgrec="numbered.rec", path_imgidx="numbered.idx")
def passes(it, number=3):
    answer = []
    for _ in range(number):
        answer.append([[b.data[0].asnumpy(), b.label[0].asnumpy(), b.pad] for b in it])
        it.reset()
    return answer
for rule in ("pad", "discard", "roll_over"):
    for shuffle in (False, True):
        random.seed(4)
        it = I.ImageIter(last_batch_handle=rule, shuffle=shuffle, **J)
        found[f"{rule} {shuffle}"] = passes(it)
        next(it)
        it.reset()
        found[f"{rule} {shuffle} after one"] = passes(it, 1)
        it.hard_reset()
        found[f"{rule} {shuffle} hard"] = passes(it, 1)
for i in range(3):
    found[f"part {i}"] = passes(I.ImageIter(num_parts=3, part_index=i, **J))
found["no index"] = passes(I.ImageIter(3, (3, 8, 9), path_imgrec="numbered.rec"))
random.seed(9)
np.random.seed(9)
found["~changed"] = passes(I.ImageIter(2, (3, 12, 11), path_imgrec="noise.rec", shuffle=True,
    path_imgidx="noise.idx", resize=25, rand_crop=True, rand_mirror=True, brightness=.1, hue=.1,
    pca_noise=.1, mean=True, std=True), 2)
it = I.ImageIter(**J)
found["sample"] = [float(it.next_sample()[0]), it.cur, it.num_image, it.seq, it.provide_data[0][1]]
"""


@oracle.marks
def test_the_batches_of_real_mxnet(tmp_path):
    write(tmp_path / "numbered", [plain(10 * i) for i in range(8)])
    write(tmp_path / "noise", [noise(i) for i in range(5)])
    oracle.both(BOTH, tmp_path, atol=1e-3)
