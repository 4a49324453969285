"""Images a second from a record file, by mxbook or, with the same code, by real MXNet.

Arguments: package, record file without its ending, number of images, name of the row.  For each
line of its input it loads all images once, and prints how many a second.
"""

import importlib
import os
import sys
import time

import numpy as np

PACKAGE, FILE, COUNT, ROW = sys.argv[1:]
if PACKAGE == "mxnet":  # MXNet was written for NumPy's old names
    for name in ("bool", "int", "float", "object", "complex", "str"):
        setattr(np, name, getattr(__import__("builtins"), name))

mx = importlib.import_module(PACKAGE)
transforms = importlib.import_module(f"{PACKAGE}.gluon.data.vision.transforms")
WORKERS, BATCH, SIZE = 2, 32, 224
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def measure(one_pass):
    """A pass whenever one is asked for."""
    for _ in sys.stdin:
        start = time.perf_counter()
        for array in one_pass():
            array.wait_to_read()
        print(int(COUNT) / (time.perf_counter() - start), flush=True)


def loader(*changes):
    """A DataLoader of these transforms."""
    change = transforms.Compose([*changes, transforms.ToTensor(), transforms.Normalize(MEAN, STD)])
    dataset = mx.gluon.data.vision.ImageRecordDataset(f"{FILE}.rec").transform_first(change)
    batches = mx.gluon.data.DataLoader(dataset, BATCH, shuffle=True, num_workers=WORKERS)
    measure(lambda: (images for images, _ in batches))


def iterator(**options):
    """An ImageRecordIter with these parameters."""
    batches = mx.io.ImageRecordIter(
        path_imgrec=f"{FILE}.rec", path_imgidx=f"{FILE}.idx", shuffle=True, batch_size=BATCH,
        data_shape=(3, SIZE, SIZE), preprocess_threads=WORKERS, verbose=False, **options,
    )  # fmt: skip

    def one_pass():
        batches.reset()
        return (batch.data[0] for batch in batches)

    measure(one_pass)


T = transforms
ANY_PART = {
    "random_resized_crop": True, "min_random_area": 0.08, "max_random_area": 1.0,
    "min_aspect_ratio": 3 / 4, "max_aspect_ratio": 4 / 3,
}  # fmt: skip
NUMBERS = {"mean_r": 123.7, "mean_g": 116.3, "mean_b": 103.5, "scale": 1 / 58}
ROWS = {
    "loader, training": lambda: loader(T.RandomResizedCrop(SIZE), T.RandomFlipLeftRight()),
    "loader, training, colours": lambda: loader(
        T.RandomResizedCrop(SIZE), T.RandomFlipLeftRight(), T.RandomColorJitter(0.4, 0.4, 0.4)
    ),
    "loader, validation": lambda: loader(T.Resize(256, keep_ratio=True), T.CenterCrop(SIZE)),
    "iterator, plain": iterator,
    "iterator, crop": lambda: iterator(resize=256, rand_crop=True, rand_mirror=True, **NUMBERS),
    "iterator, any part": lambda: iterator(rand_mirror=True, **ANY_PART, **NUMBERS),
    "iterator, any part, colours": lambda: iterator(
        rand_mirror=True, brightness=0.4, contrast=0.4, saturation=0.4, **ANY_PART, **NUMBERS
    ),
}

if __name__ == "__main__":
    ROWS[ROW]()
    if PACKAGE == "mxnet":
        os._exit(0)  # on its way out it crashes now and then
