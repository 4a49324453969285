"""ImageDetRecordIter: images with objects."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.base.errors import FileFormatError, ParameterError
from mxbook.io import ImageDetRecordIter
from mxbook.io.image_detection import DetectionChanges, Objects, areas, common
from mxbook.io.image_params import DETECTION
from mxbook.ops.params import parse, values_class
from tests import oracle
from tests.io.files import noise, write

VALUES = values_class(DETECTION)
HEAD = [2.0, 5.0]


def label(*boxes):
    return [*HEAD, *(v for i, box in enumerate(boxes) for v in (i, *box))]


LABELS = [
    label((0.1, 0.1, 0.5, 0.6)),
    label((0.1, 0.1, 0.5, 0.6), (0.3, 0.2, 0.9, 0.7)),
    label((0.1, 0.1, 0.5, 0.6), (0.3, 0.2, 0.9, 0.7), (0.5, 0.5, 1.0, 1.0)),
]


@pytest.fixture
def file(tmp_path):
    path = write(tmp_path / "objects", [noise(i) for i in range(3)], LABELS)
    return {"path_imgrec": path, "data_shape": (3, 20, 25), "batch_size": 2}


def changed(labels=LABELS[2], seed=0, image=None, **given):
    p = parse("det", VALUES, {"data_shape": (3, 20, 25), "batch_size": 1, **given})
    image = noise(0) if image is None else image
    return DetectionChanges(p)(image, Objects.of(np.array(labels)), Random(seed))


def test_labels_are_filled_up(file):
    data = ImageDetRecordIter(**file)
    batch = next(data)
    assert data.provide_label[0].shape == (2, 4 + len(LABELS[2]))
    rows = batch.label[0].asnumpy()
    assert rows[0, :4].tolist() == [3, 20, 25, len(LABELS[0])]
    np.testing.assert_allclose(rows[0, 4:11], LABELS[0], rtol=1e-6)
    assert (rows[0, 11:] == -1).all()
    assert batch.index.tolist() == [0, 1]
    wide = ImageDetRecordIter(label_pad_width=30, label_pad_value=-7, **file)
    assert next(wide).label[0].asnumpy()[0, -1] == -7
    assert wide.provide_label[0].shape == (2, 34)


def test_labels_that_do_not_fit(file, tmp_path):
    with pytest.raises(ParameterError, match="smaller than estimated width: 12"):
        ImageDetRecordIter(label_pad_width=8, **file)
    with pytest.raises(ParameterError, match="label_width is set to 7"):
        ImageDetRecordIter(label_width=7, **file)
    for wrong in ([2.0, 5, 0, 0.1], [2.0, 4, 0, 0, 0, 0], [9.0, 5], [1.0]):
        path = write(tmp_path / "wrong", [noise(0)], [wrong])
        with pytest.raises(FileFormatError, match="Not enough label packed"):
            ImageDetRecordIter(path_imgrec=path, data_shape=(3, 9, 9), batch_size=1)
    with pytest.raises(ParameterError, match="no augmenter"):
        ImageDetRecordIter(aug_seq="x", **file)
    with pytest.raises(ParameterError, match="one for each of the 2 samplers"):
        ImageDetRecordIter(num_crop_sampler=2, min_crop_scales=(0.1, 0.2, 0.3), **file)


def test_sizes():
    image, objects = changed()
    assert image.shape == (20, 25, 3)
    np.testing.assert_allclose(objects.label(), LABELS[2], rtol=1e-6)
    assert changed(resize_mode="fit", data_shape=(3, 30, 30))[0].shape == (24, 30, 3)
    assert changed(resize_mode="shrink", data_shape=(3, 90, 90))[0].shape == (40, 50, 3)
    assert changed(resize_mode="shrink", data_shape=(3, 10, 90))[0].shape == (10, 12, 3)
    assert changed(resize=10)[0].shape == (20, 25, 3)


def test_what_is_left_of_the_shape_is_0(file):
    given = {**file, "data_shape": (3, 60, 60)}
    data = next(ImageDetRecordIter(resize_mode="shrink", mean_r=5, **given)).data[0].asnumpy()
    assert (data[:, :, 40:] == 0).all()
    assert (data[:, :, :, 50:] == 0).all()
    np.testing.assert_array_equal(data[0, 0, :40, :50], noise(0)[..., 0] - np.float32(5))


def test_mirror():
    image, objects = changed(rand_mirror_prob=1, data_shape=(3, 40, 50))
    np.testing.assert_array_equal(image, noise(0)[:, ::-1])
    want = np.array([[0.5, 0.1, 0.9, 0.6], [0.1, 0.2, 0.7, 0.7], [0.0, 0.5, 0.5, 1.0]])
    np.testing.assert_allclose(objects.boxes, want, atol=1e-6)


def marked(box, height=60, width=80):
    """An image that is white in a box, and black elsewhere."""
    image = np.zeros((height, width, 3), "uint8")
    left, upper, right, lower = (np.array(box) * [width, height, width, height]).astype(int)
    image[upper:lower, left:right] = 255
    return image


BOX = (0.25, 0.25, 0.75, 0.5)


@given(st.integers(0, 200), st.sampled_from(["pad", "crop", "mirror", "all"]))
def test_boxes_stay_on_their_objects(seed, what):
    given = {
        "pad": {"rand_pad_prob": 1, "max_pad_scale": 2.5, "fill_value": 0},
        "crop": {"rand_crop_prob": 1, "min_crop_scales": 0.4, "max_crop_scales": 0.9},
        "mirror": {"rand_mirror_prob": 1},
    }
    options = {k: v for one in given.values() for k, v in one.items()}
    options = options if what == "all" else given[what]
    image, objects = changed(
        label(BOX), seed, marked(BOX), data_shape=(3, 60, 80), resize_mode="shrink", **options
    )
    height, width = image.shape[:2]
    assert len(objects.rows) == 1
    left, upper, right, lower = objects.boxes[0] * [width, height, width, height]
    rows, columns = np.nonzero(image[..., 0] > 127)
    edges = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    np.testing.assert_allclose([left, upper, right, lower], edges, atol=1.6)


def test_samplers_choose_parts():
    covered = {"rand_crop_prob": 1, "min_crop_scales": 0.3, "max_crop_scales": 0.5}
    for seed in range(30):
        _, objects = changed(seed=seed, min_crop_object_coverages=0.9, **covered)
        assert len(objects.rows) >= 1
        _, kept = changed(seed=seed, crop_emit_mode="overlap", emit_overlap_thresh=0.99, **covered)
        assert len(kept.rows) >= 1
    image, objects = changed(min_crop_overlaps=0.999, max_crop_trials=3, **covered)
    assert image.shape == (20, 25, 3)  # no part like that: all of the image
    np.testing.assert_allclose(objects.label(), LABELS[2], rtol=1e-6)
    two = {"num_crop_sampler": 2, "min_crop_scales": (0.1, 0.9), "max_crop_scales": (0.2, 1.0)}
    sizes = {changed(seed=i, rand_crop_prob=1, **two)[1].boxes[0, 2].round(2) for i in range(20)}
    assert len(sizes) > 2


def test_colours():
    given = {"max_random_hue": 30, "random_hue_prob": 1, "max_random_illumination": 40}
    outcomes = [changed(seed=i, random_illumination_prob=1, **given)[0] for i in (0, 0, 1)]
    np.testing.assert_array_equal(outcomes[0], outcomes[1])
    assert (outcomes[0] != outcomes[2]).any()
    bright = changed(seed=1, max_random_contrast=0.5, random_contrast_prob=1)[0]
    assert (bright != changed()[0]).any()


def test_boxes():
    boxes = np.array([[0, 0, 2, 3], [2, 0, 1, 1]])
    assert areas(boxes).tolist() == [6, 0]
    assert common(boxes, np.array([1, 1, 5, 5])).tolist() == [[1, 1, 2, 3], [2, 1, 1, 1]]


BOTH = """
def batches(ds=(3, 20, 25), **given):
    it = mx.io.ImageDetRecordIter(path_imgrec="objects.rec", data_shape=ds, batch_size=2,
                                  preprocess_threads=1, verbose=False, **given)
    kept.append(it)
    all_of_it = [(b.data[0].asnumpy(), b.label[0].asnumpy(), b.pad, b.index.astype(float))
                 for b in it]
    return [b[0] for b in all_of_it], [b[1:] for b in all_of_it]

for name, given in dict(
    plain={}, wide=dict(label_pad_width=30), value=dict(label_pad_value=-5), resize=dict(resize=10),
    mirror=dict(rand_mirror_prob=1), rest=dict(round_batch=False), ways=dict(inter_method=2),
    norm=dict(mean_r=10, mean_g=20, mean_b=30, std_r=2, std_g=4, std_b=5, scale=3),
    **{f"{mode} {size}": dict(ds=(3, size, size), resize_mode=mode)
       for mode in ("fit", "force", "shrink") for size in (30, 60, 23)},
).items():
    found["~" + name], found["labels " + name] = batches(**given)
"""


@oracle.marks
def test_the_batches_of_real_mxnet(file, tmp_path):
    oracle.both(BOTH, tmp_path, atol=1)
