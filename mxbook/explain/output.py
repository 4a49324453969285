"""What everything that can be looked at shares on its way out: files, and outputs of notebooks."""

import os
from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any

from mxbook.base.errors import DeviceError, ParameterError, nearest
from mxbook.formats import atomic

from .live import notebook_display, widget_package


def write(
    path: str | PathLike, what: str, writers: Mapping[str, Callable[[], bytes | str]]
) -> None:
    """Write a file in the form that its ending names; nobody ever sees half of it.

    `writers` make the content for each ending (of ".json" and ".json.gz" the longer one counts),
    and `what` says what is written, as in "a graph".  Raises ParameterError for other endings.
    """
    name = os.fspath(path)
    known = [e for e in sorted(writers, key=len, reverse=True) if name.lower().endswith(e)]
    if not known:
        raise ParameterError(
            f"cannot save {what} as {name!r}",
            rule="the ending is one of " + " ".join(writers),
            hint=nearest(os.path.splitext(name)[1].lower(), writers),
        )
    content = writers[known[0]]()
    atomic.write(path, [content if isinstance(content, bytes) else content.encode()])


def with_png(data: dict[str, Any], png: Callable[[], bytes], alt: str) -> tuple[dict, dict]:
    """Data of an output with a PNG beside it, if Pillow is there, and metadata: its size as shown
    (it has two pixels for each unit), and what it shows in words.
    """
    try:
        pixels = png()
    except DeviceError:  # no Pillow: the other forms are enough wherever they are trusted
        return data, {}
    width, height = (int.from_bytes(pixels[at : at + 4], "big") // 2 for at in (16, 20))
    about = {"width": width, "height": height, "alt": alt}
    return {**data, "image/png": pixels}, {"image/png": about}


def widgets_here() -> Any:
    """The package of live widgets where they can live: in a notebook, if it is installed."""
    return widget_package() if notebook_display() is not None else None
