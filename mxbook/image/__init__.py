"""`mx.image`: images read, decoded, changed, and in batches.

`image.py` functions; `augmenters.py` changes as objects; `iterator.py` ImageIter; `detection.py`
and `detection_augmenters.py` images with objects.
"""

from . import detection, image
from .augmenters import (
    Augmenter,
    BrightnessJitterAug,
    CastAug,
    CenterCropAug,
    ColorJitterAug,
    ColorNormalizeAug,
    ContrastJitterAug,
    CreateAugmenter,
    ForceResizeAug,
    HorizontalFlipAug,
    HueJitterAug,
    LightingAug,
    RandomCropAug,
    RandomGrayAug,
    RandomOrderAug,
    RandomSizedCropAug,
    ResizeAug,
    SaturationJitterAug,
    SequentialAug,
)
from .detection import (
    CreateDetAugmenter,
    CreateMultiRandCropAugmenter,
    DetAugmenter,
    DetBorrowAug,
    DetHorizontalFlipAug,
    DetRandomCropAug,
    DetRandomPadAug,
    DetRandomSelectAug,
    ImageDetIter,
)
from .image import (
    center_crop,
    color_normalize,
    copyMakeBorder,
    fixed_crop,
    imdecode,
    imencode,
    imread,
    imresize,
    random_crop,
    random_size_crop,
    resize_short,
    scale_down,
)
from .iterator import ImageIter

det = detection  # a name that MXNet 1.6 has

# MXNet has these in `image.image`.
for _one in (Augmenter, *Augmenter.__subclasses__(), ColorJitterAug, CreateAugmenter, ImageIter):
    setattr(image, _one.__name__, _one)
del _one
