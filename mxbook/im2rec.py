"""Record files from folders of images: `python -m mxbook.im2rec`.

    python -m mxbook.im2rec --list --recursive data images/     # images/ -> data.lst
    python -m mxbook.im2rec --resize 256 data images/           # data.lst -> data.rec, data.idx

The first step writes list files: a line of key, label and path for each image, with tabulators
between them.  The second makes a record file and its index of every list file whose path starts
with the prefix.  Options are those of MXNet's `tools/im2rec.py`.

With several threads the records come in the order of the list, too, and the files are the same.

Source: MXNet 1.6, `tools/im2rec.py`.
"""

import argparse
import os
import random
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from mxbook.base.errors import MXNetError
from mxbook.formats import atomic, pictures
from mxbook.io import pixels as px
from mxbook.io.crew import Crew, Job
from mxbook.io.lists import Entry, read_list
from mxbook.recordio import IRHeader, MXIndexedRecordIO, pack

REPORT = 1000  # images between two lines of progress
SHUFFLE_SEED = 100  # MXNet's


def parser() -> argparse.ArgumentParser:
    """The options."""
    found = argparse.ArgumentParser(
        prog="python -m mxbook.im2rec",
        description="Create an image list or make a record database by reading from an image list",
    )
    found.add_argument("prefix", help="prefix of input/output lst and rec files.")
    found.add_argument("root", help="path to folder containing images.")
    lists = found.add_argument_group("Options for creating image lists")
    lists.add_argument(
        "--list",
        action="store_true",
        help="write list files; otherwise read them, and make records",
    )
    lists.add_argument(
        "--exts",
        nargs="+",
        default=[".jpeg", ".jpg", ".png"],
        help="list of acceptable extensions.",
    )
    lists.add_argument("--chunks", type=int, default=1, help="number of list files.")
    lists.add_argument("--train-ratio", type=float, default=1.0, help="share used for training.")
    lists.add_argument("--test-ratio", type=float, default=0, help="share used for testing.")
    lists.add_argument(
        "--recursive", action="store_true",
        help="walk through subfolders, each of which is a class; otherwise all labels are 0.",
    )  # fmt: skip
    lists.add_argument(
        "--no-shuffle", dest="shuffle", action="store_false", help="keep the order of the names."
    )
    records = found.add_argument_group("Options for creating database")
    records.add_argument(
        "--pass-through", action="store_true", help="save image files as they are."
    )
    records.add_argument(
        "--resize", type=int, default=0, help="length of the shorter edge; 0: as it is."
    )
    records.add_argument(
        "--center-crop", action="store_true", help="cut a square out of the middle."
    )
    records.add_argument(
        "--quality", type=int, default=95,
        help="JPEG quality, 1-100; or PNG compression, 1-9. Default 95",
    )  # fmt: skip
    records.add_argument("--num-thread", type=int, default=1, help="threads that encode images.")
    records.add_argument(
        "--color", type=int, default=1, choices=[-1, 0, 1],
        help="1: always colour, 0: always gray, -1: as in the file, with transparency.",
    )  # fmt: skip
    records.add_argument(
        "--encoding", default=".jpg", choices=[".jpg", ".png"], help="how images are stored."
    )
    records.add_argument(
        "--pack-label",
        action="store_true",
        help="store all numbers of a label, not only the first.",
    )
    return found


# ---- lists


def list_images(root: str, recursive: bool, exts: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Paths below the root, with their labels: one for each folder with images, or 0."""
    if not recursive:
        for name in sorted(os.listdir(root)):
            if _is_image(os.path.join(root, name), exts):
                yield name, 0
        return
    label = -1
    for folder, folders, names in os.walk(root, followlinks=True):
        folders.sort()
        found = [n for n in sorted(names) if _is_image(os.path.join(folder, n), exts)]
        label += bool(found)
        for name in found:
            yield os.path.relpath(os.path.join(folder, name), root), label


def _is_image(path: str, exts: Sequence[str]) -> bool:
    return os.path.splitext(path)[1].lower() in exts and os.path.isfile(path)


def write_list(path: str, images: Iterable[tuple[int, str, float]]) -> None:
    """A list file of key, path and label, in one step."""
    atomic.write(path, [f"{key}\t{label:f}\t{name}\n".encode() for key, name, label in images])


def make_lists(args: argparse.Namespace) -> list[str]:
    """Write list files of the images below the root; their paths."""
    images = [
        (key, name, label)
        for key, (name, label) in enumerate(list_images(args.root, args.recursive, args.exts))
    ]
    if args.recursive:
        for folder, label in {os.path.dirname(n) or ".": c for _, n, c in images}.items():
            print(folder, label)
    if args.shuffle:
        random.Random(SHUFFLE_SEED).shuffle(images)
    size = -(-len(images) // args.chunks)
    written = []
    for i in range(args.chunks):
        part = images[i * size : (i + 1) * size]
        for ending, some in _shares(part, size, args.train_ratio, args.test_ratio):
            chunk = f"_{i}" if args.chunks > 1 else ""
            written.append(f"{args.prefix}{chunk}{ending}.lst")
            write_list(written[-1], some)
    return written


def _shares(images: list, size: int, train: float, test: float) -> list[tuple[str, list]]:
    """The images for training, testing and checking, with the endings of their files."""
    if train == 1.0:
        return [("", images)]
    tested, trained = int(size * test), int(size * train)
    found = [("_train", images[tested : tested + trained])]
    if test:
        found.append(("_test", images[:tested]))
    if train + test < 1.0:
        found.append(("_val", images[tested + trained :]))
    return found


# ---- records


class Encoded(NamedTuple):
    """What became of an image: a record, or the reason why there is none."""

    record: bytes | None
    problem: str


def encode(args: argparse.Namespace, entry: Entry) -> Encoded:
    """The record of an image."""
    label: Any = entry.label if args.pack_label and len(entry.label) > 1 else float(entry.label[0])
    header = IRHeader(0, label, entry.key, 0)
    path = os.path.join(args.root, entry.path)
    try:
        with open(path, "rb") as file:
            content = file.read()
        if not args.pass_through:
            content = _reencoded(args, content)
    except (OSError, MXNetError) as error:
        return Encoded(None, f"{path}: {str(error).splitlines()[0]}")
    return Encoded(pack(header, content), "")


def _reencoded(args: argparse.Namespace, content: bytes) -> bytes:
    """A picture file made smaller and stored as is asked for."""
    if args.color == -1:
        image = pictures.decode_unchanged(content)
        image = image[..., None] if image.ndim == 2 else image
        if args.encoding == ".jpg":
            image = image[..., :3]  # it has no transparency
    else:
        image = pictures.decode(content, args.color == 1, red_first=False, upright=True)
    if args.center_crop:
        height, width = image.shape[:2]
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        image = image[top : top + side, left : left + side]
    if args.resize:
        image = px.resized(image, px.short_side(image, args.resize), 1)
    return pictures.encode(
        np.ascontiguousarray(image), args.encoding, args.quality, red_first=False
    )


def make_records(args: argparse.Namespace, path: str) -> int:
    """Make a record file and its index of a list file; the number of images left out.

    Images that cannot be read are left out, as in MXNet, and what is wrong with them is printed.
    """
    base = os.path.splitext(path)[0]
    missing = count = 0
    with MXIndexedRecordIO(f"{base}.idx", f"{base}.rec", "w") as out:
        for entry, found in _in_order(args, read_list(path)):
            if found.record is None:
                print(f"left out: {found.problem}", file=sys.stderr)
                missing += 1
                continue
            out.write_idx(entry.key, found.record)
            count += 1
            if count % REPORT == 0:
                print(f"count: {count}")
    print(f"{base}.rec: {count} images" + (f", {missing} left out" if missing else ""))
    return missing


def _in_order(
    args: argparse.Namespace, entries: Iterable[Entry]
) -> Iterator[tuple[Entry, Encoded]]:
    """Entries with their records; several threads work on those to come."""
    begun: deque[tuple[Entry, dict, Job]] = deque()

    def finished() -> tuple[Entry, Encoded]:
        entry, found, job = begun.popleft()
        job.result()
        return entry, found["record"]

    with Crew(args.num_thread) as crew:
        for entry in entries:
            found: dict = {}
            job = crew.start(
                lambda _, entry=entry, found=found: found.update(record=encode(args, entry)), 1
            )
            begun.append((entry, found, job))
            if len(begun) > 4 * args.num_thread:
                yield finished()
        while begun:
            yield finished()


def lists_of(prefix: str) -> list[str]:
    """The list files whose path starts with the prefix; of a folder, all that are in it."""
    folder = prefix if os.path.isdir(prefix) else os.path.dirname(prefix) or "."
    paths = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    start = os.path.join(folder, "" if os.path.isdir(prefix) else os.path.basename(prefix))
    return [p for p in paths if p.endswith(".lst") and p.startswith(start) and os.path.isfile(p)]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 2 where there was nothing to do, else 0."""
    args = parser().parse_args(argv)
    if args.list:
        make_lists(args)
        return 0
    found = lists_of(args.prefix)
    if not found:
        print(f"Did not find and list file with prefix {args.prefix}", file=sys.stderr)
        return 2
    for path in found:
        print(f"Creating .rec file from {path}")
        make_records(args, path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
