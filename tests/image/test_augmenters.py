"""Augmenters: MXNet's draws, MXNet's images."""

import random

import numpy as np
import pytest

import mxbook as mx
from mxbook import image
from mxbook.base.errors import ParameterError
from tests import oracle
from tests.io.files import noise

PIXELS = noise(0).astype("float32")


def pixels():
    return mx.nd.array(PIXELS)


EIGENVALUES, EIGENVECTORS = np.array([55.46, 4.794, 1.148]), np.eye(3)
ALL = [
    image.ResizeAug(20),
    image.ForceResizeAug((13, 17)),
    image.RandomCropAug((13, 17)),
    image.RandomSizedCropAug((13, 17), 0.2, (0.5, 2)),
    image.CenterCropAug((13, 17)),
    image.HorizontalFlipAug(0.5),
    image.BrightnessJitterAug(0.3),
    image.ContrastJitterAug(0.3),
    image.SaturationJitterAug(0.3),
    image.HueJitterAug(0.3),
    image.ColorJitterAug(0.1, 0.2, 0.3),
    image.LightingAug(0.5, EIGENVALUES, EIGENVECTORS),
    image.ColorNormalizeAug([1, 2, 3], [2, 2, 2]),
    image.RandomGrayAug(0.5),
    image.CastAug("float16"),
    image.SequentialAug([image.CastAug(), image.ResizeAug(7)]),
    image.RandomOrderAug([image.CastAug(), image.ResizeAug(7)]),
]
by_name = pytest.mark.parametrize("aug", ALL, ids=lambda a: type(a).__name__)


@by_name
def test_the_same_seed_gives_the_same_image(aug):
    found = []
    for _ in range(2):
        random.seed(3)
        np.random.seed(3)
        found.append(aug(pixels()).asnumpy())
    assert found[0].ndim == 3
    assert found[0].shape[2] == 3
    if not isinstance(aug, image.RandomOrderAug):  # which shuffles its own list
        np.testing.assert_array_equal(found[0], found[1])


@by_name
def test_what_they_say_of_themselves(aug):
    import json

    said = aug.dumps()
    name, parameters = json.loads(said) if isinstance(said, str) else said
    assert name == type(aug).__name__.lower()
    assert isinstance(parameters, dict | list)


def test_nothing_changes_with_the_limit_0():
    for aug in (
        image.BrightnessJitterAug(0), image.ContrastJitterAug(0), image.SaturationJitterAug(0),
        image.ColorJitterAug(0, 0, 0), image.LightingAug(0, EIGENVALUES, EIGENVECTORS),
        image.HorizontalFlipAug(0), image.RandomGrayAug(0), image.SequentialAug([]),
    ):  # fmt: skip
        np.testing.assert_allclose(aug(pixels()).asnumpy(), PIXELS, rtol=1e-5, atol=1e-3)
    # The matrices of the two colour spaces are rounded.
    np.testing.assert_allclose(image.HueJitterAug(0)(pixels()).asnumpy(), PIXELS, atol=1)


def test_colours():
    gray = image.RandomGrayAug(1)(pixels()).asnumpy()
    np.testing.assert_allclose(gray[..., 0], PIXELS @ [0.21, 0.72, 0.07], rtol=1e-5)
    assert (gray[..., 0] == gray[..., 2]).all()
    np.testing.assert_array_equal(image.HorizontalFlipAug(1)(pixels()).asnumpy(), PIXELS[:, ::-1])
    assert image.CastAug("float16")(pixels()).dtype == np.float16


def test_an_augmenter_of_ones_own():
    class Darker(image.Augmenter):
        def __init__(self, by):
            super().__init__(by=by, table=mx.nd.array([1, 2]))
            self.by = by

        def __call__(self, src):
            return src - self.by

    aug = image.SequentialAug([Darker(1), Darker(2)])
    np.testing.assert_array_equal(aug(pixels()).asnumpy(), PIXELS - 3)
    assert Darker(1).dumps() == '["darker", {"by": 1, "table": [1.0, 2.0]}]'
    with pytest.raises(TypeError, match="must define __call__"):
        image.Augmenter()(pixels())


def test_the_usual_ones():
    def names(**given):
        return [type(a).__name__ for a in image.CreateAugmenter((3, 8, 9), **given)]

    assert names() == ["CenterCropAug", "CastAug"]
    assert names(resize=20, rand_crop=True, rand_resize=True, rand_mirror=True, mean=True) == [
        "ResizeAug", "RandomSizedCropAug", "HorizontalFlipAug", "CastAug", "ColorNormalizeAug",
    ]  # fmt: skip
    assert names(brightness=0.1, hue=0.1, pca_noise=0.1, rand_gray=0.1, std=np.ones(1))[2:] == [
        "ColorJitterAug", "HueJitterAug", "LightingAug", "RandomGrayAug", "ColorNormalizeAug",
    ]  # fmt: skip
    for wrong in ({"rand_resize": True}, {"mean": 3}, {"std": np.ones(2)}):
        with pytest.raises(ParameterError):
            names(**wrong)
    with pytest.raises(ParameterError, match="unexpected keyword"):
        image.RandomSizedCropAug((1, 1), 0.1, (1, 1), area_range=2)


BOTH = """
I = mx.image
pixels = np.load("noise.npy")
values, vectors = np.array([55.46, 4.794, 1.148]), np.arange(9.).reshape(3, 3) / 9
makers = dict(
    resize=lambda: I.ResizeAug(20), force=lambda: I.ForceResizeAug((13, 17), 1),
    crop=lambda: I.RandomCropAug((13, 17)),
    sized=lambda: I.RandomSizedCropAug((13, 17), .2, (.5, 2)),
    center=lambda: I.CenterCropAug((60, 17)), flip=lambda: I.HorizontalFlipAug(.5),
    bright=lambda: I.BrightnessJitterAug(.3), contrast=lambda: I.ContrastJitterAug(.3),
    saturation=lambda: I.SaturationJitterAug(.3), hue=lambda: I.HueJitterAug(.3),
    jitter=lambda: I.ColorJitterAug(.1, .2, .3), light=lambda: I.LightingAug(.5, values, vectors),
    norm=lambda: I.ColorNormalizeAug([1, 2, 3], [2, 2, 2]), gray=lambda: I.RandomGrayAug(.5),
    all=lambda: I.SequentialAug(I.CreateAugmenter((3, 12, 11), resize=30, rand_crop=True,
        rand_resize=True, rand_mirror=True, mean=True, std=True, brightness=.1, contrast=.2,
        saturation=.3, hue=.1, pca_noise=.1, rand_gray=.2)),
)
for name, make in makers.items():
    random.seed(5)
    np.random.seed(5)
    aug = make()
    found[f"~{name}"] = [aug(mx.nd.array(pixels)) for _ in range(6)]
    found[f"{name} says"] = aug.dumps()
    found[f"{name} left"] = [random.random(), float(np.random.rand())]
"""


@oracle.marks
def test_the_images_of_real_mxnet(tmp_path):
    np.save(tmp_path / "noise.npy", PIXELS)
    oracle.both(BOTH, tmp_path, atol=1e-3)
