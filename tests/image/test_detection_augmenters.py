"""Augmenters of images with objects."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook import image
from mxbook.base.errors import ParameterError
from mxbook.image.detection_augmenters import box_areas
from tests import oracle
from tests.io.files import noise

LABEL = np.array([[0, 0.1, 0.1, 0.5, 0.6], [1, 0.3, 0.2, 0.9, 0.7], [2, 0.5, 0.5, 1.0, 1.0]])
BOX = (0.25, 0.25, 0.75, 0.5)


def pixels():
    return mx.nd.array(noise(0), dtype="uint8")


def marked(height=60, width=80):
    found = np.zeros((height, width, 3), "uint8")
    left, upper, right, lower = (np.array(BOX) * [width, height, width, height]).astype(int)
    found[upper:lower, left:right] = 255
    return mx.nd.array(found, dtype="uint8")


AUGMENTERS = {
    "crop": lambda: image.DetRandomCropAug(0.5, (0.5, 2.0), (0.2, 0.9)),
    "pad": lambda: image.DetRandomPadAug((0.5, 2.0), (1.2, 3.0), pad_val=(0, 0, 0)),
    "flip": lambda: image.DetHorizontalFlipAug(0.5),
}


@given(st.integers(0, 300), st.sampled_from(list(AUGMENTERS)))
def test_boxes_stay_on_their_objects(seed, name):
    random.seed(seed)
    found, label = AUGMENTERS[name]()(marked(), np.array([[3, *BOX, 9.0]]))
    height, width = found.shape[:2]
    assert label.shape == (1, 6)
    assert label[0, [0, 5]].tolist() == [3, 9]
    rows, columns = np.nonzero(found.asnumpy()[..., 0] > 127)
    edges = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    np.testing.assert_allclose(label[0, 1:5] * [width, height, width, height], edges, atol=1e-6)


@given(st.integers(0, 300), st.floats(0.05, 0.9))
def test_parts_cover_their_objects(seed, least):
    random.seed(seed)
    aug = image.DetRandomCropAug(min_object_covered=least, area_range=(0.1, 0.8))
    found, label = aug(pixels(), LABEL)
    if found.shape != (40, 50, 3):
        share = found.shape[0] * found.shape[1] / 2000
        assert 0.09 < share < 0.81
        assert 1 <= len(label) <= 3
        assert (label[:, 1:5] >= 0).all()
        assert (label[:, 1:5] <= 1).all()
    assert (LABEL[0] == [0, 0.1, 0.1, 0.5, 0.6]).all()


def test_small_things_do_not_count():
    aug = image.DetRandomCropAug()
    dot = np.array([[0, 0.5, 0.5, 0.501, 0.501]])
    found, label = aug(pixels(), dot)
    assert found.shape == (40, 50, 3)
    assert label is dot
    tiny = image.DetRandomPadAug(area_range=(1.0, 1.0001))
    assert tiny(pixels(), LABEL)[0].shape == (40, 50, 3)


def test_one_of_several_or_none():
    random.seed(0)
    flips = image.DetRandomSelectAug([image.DetHorizontalFlipAug(1)], skip_prob=0.5)
    turned = [(flips(pixels(), LABEL.copy())[1] != LABEL).any() for _ in range(100)]
    assert 25 < sum(turned) < 75
    assert image.DetRandomSelectAug([]).skip_prob == 1
    with pytest.raises(ValueError, match="DetAugmenter in list only"):
        image.DetRandomSelectAug([3])


def test_borrowing():
    aug = image.DetBorrowAug(image.CastAug())
    found, label = aug(pixels(), LABEL)
    assert found.dtype == np.float32
    assert label is LABEL
    assert aug.dumps() == ["detborrowaug", '["castaug", {"type": "float32"}]']
    with pytest.raises(TypeError, match="invalid Augmenter"):
        image.DetBorrowAug(3)
    with pytest.raises(TypeError, match="must define __call__"):
        image.DetAugmenter()(pixels(), LABEL)


def test_empty_ranges_switch_an_augmenter_off():
    for make in (
        lambda: image.DetRandomCropAug(area_range=(2, 1)),
        lambda: image.DetRandomCropAug(area_range=(-1, 0)),
        lambda: image.DetRandomCropAug(aspect_ratio_range=(2, 1)),
        lambda: image.DetRandomPadAug(area_range=(0.5, 0.9)),
        lambda: image.DetRandomPadAug(aspect_ratio_range=(0, 1)),
    ):
        with pytest.warns(UserWarning, match="due to invalid"):
            aug = make()
        assert not aug.enabled
        assert aug(pixels(), LABEL)[0].shape == (40, 50, 3)
    assert image.DetRandomCropAug(aspect_ratio_range=1, area_range=0.5).area_range == (0.5, 0.5)


def test_several_crops():
    aug = image.CreateMultiRandCropAugmenter([0.1, 0.9], area_range=[(0.1, 1), (0.2, 1)])
    assert [a.min_object_covered for a in aug.aug_list] == [0.1, 0.9]
    assert [a.area_range for a in aug.aug_list] == [(0.1, 1), (0.2, 1)]
    with pytest.raises(ParameterError, match="has 2 values"):
        image.CreateMultiRandCropAugmenter([0.1, 0.3], max_attempts=[1, 2, 3])


def test_areas():
    boxes = np.array([[0, 0, 2, 3], [2, 0, 1, 1], [0, 2, 1, 1]])
    assert box_areas(boxes).tolist() == [6, 0, 0]


BOTH = """
I = mx.image
pixels, label = np.load("noise.npy"), np.load("label.npy")
makers = dict(
    crop=lambda: I.DetRandomCropAug(.3, (.5, 2), (.1, .9)), wide=lambda: I.DetRandomCropAug(),
    strict=lambda: I.DetRandomCropAug(.9, (.9, 1.1), (.3, 1.), .8, 10),
    pad=lambda: I.DetRandomPadAug((.5, 2), (1., 3.)), one=lambda: I.DetRandomPadAug(pad_val=3),
    flip=lambda: I.DetHorizontalFlipAug(.5),
    several=lambda: I.CreateMultiRandCropAugmenter([.1, .5, .9], area_range=(.1, .8), skip_prob=.2),
)
for name, make in makers.items():
    random.seed(7)
    aug = make()
    answers = [aug(mx.nd.array(pixels, dtype="uint8"), label.copy()) for _ in range(25)]
    found[f"{name} images"] = [a.asnumpy() for a, _ in answers]
    found[f"{name} labels"] = [b for _, b in answers]
    found[f"{name} left"] = random.random()
    found[f"{name} says"] = aug.dumps()
found["usual"] = [a.dumps() for a in I.CreateDetAugmenter((3, 4, 5), resize=6, rand_crop=.4,
    rand_pad=.3, rand_gray=.1, rand_mirror=True, mean=True, std=True, brightness=.1, hue=.1,
    pca_noise=.1)]
"""


@oracle.marks
def test_the_answers_of_real_mxnet(tmp_path):
    np.save(tmp_path / "noise.npy", noise(0))
    np.save(tmp_path / "label.npy", LABEL)
    oracle.both(BOTH, tmp_path)
