"""The bytes in which a timeline travels to the browser.

A frame is: length of the header (unsigned 32 bit, little endian), the header as JSON padded with
spaces to a multiple of eight bytes, then arrays, each padded to a multiple of eight bytes.  The
header's "arrays" tell name, type ("f8", "f4", "u4", "u2", "u1") and length of each.

The boxes travel first, 19 bytes each, and can be drawn at once; the details follow.
"""

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from .columns import Columns

BOXES = ("start", "length", "name", "what", "number")
DETAILS = ("pushed", "ready", "nbytes", "layer", "place", "outcome")
LISTS = ("after", "reads", "writes")


def pack(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """One frame.

    >>> header, arrays = unpack(pack({"a": 1}, {"x": np.arange(3, dtype=np.uint16)}))
    >>> header["a"], arrays["x"].tolist()
    (1, [0, 1, 2])
    """
    listed = [[name, a.dtype.str[1:], len(a)] for name, a in arrays.items()]
    text = json.dumps({**header, "arrays": listed}, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-(4 + len(text)) % 8)
    pieces = [struct.pack("<I", len(text)), text]
    for array in arrays.values():
        raw = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
        pieces += [raw, b"\0" * (-len(raw) % 8)]
    return b"".join(pieces)


def unpack(frame: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Header and arrays of a frame."""
    (length,) = struct.unpack_from("<I", frame)
    header = json.loads(frame[4 : 4 + length])
    at, arrays = 4 + length, {}
    for name, kind, count in header.pop("arrays"):
        arrays[name] = np.frombuffer(frame, f"<{kind}", count, at)
        at += -(-arrays[name].nbytes // 8) * 8
    return header, arrays


def frames(columns: Columns, **more: Any) -> tuple[bytes, bytes]:
    """The frame of the boxes and that of their details (empty without any).

    `more` goes into the header of the first.
    """
    return boxes_of(columns, **more), details_of(columns)


def boxes_of(columns: Columns, **more: Any) -> bytes:
    """The frame of the boxes, with `more` in its header."""
    header = {
        "kind": "boxes",
        "span": columns.span,
        "zero": columns.zero,
        "lanes": columns.lanes,
        "kinds": columns.kinds,
        "titles": columns.titles,
        "rows": [list(row) for row in columns.rows],
        "names": columns.names,
        "slots": columns.slots().tolist(),
        "critical": columns.critical,
        "sentence": columns.sentence,
        **more,
    }
    arrays = {name: getattr(columns, name) for name in BOXES}
    if columns.comparison is not None:
        header["groups"] = [list(group) for group in columns.groups]
        header["shift"] = columns.shift
        header["comparison"] = columns.comparison.data()
        arrays["partner"] = columns.partner
    return pack(header, arrays)


def details_of(columns: Columns) -> bytes:
    """The frame of the details; empty without any.

    It tells the critical path once more, because boxes may have been sent before that was known.
    """
    if columns.details is None:
        return b""
    arrays = {name: getattr(columns.details, name) for name in DETAILS}
    for name in LISTS:
        arrays[f"{name}_offsets"], arrays[name] = getattr(columns.details, name)
    header = {
        "kind": "details",
        "layers": columns.layers,
        "places": columns.places,
        "slots": columns.slots("block").tolist(),
        "critical": columns.critical,
        "sentence": columns.sentence,
    }
    return pack(header, arrays)
