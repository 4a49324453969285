"""Helpers for training loops: batches over several devices, clipping gradients, fetching files.

The module has the name that MXNet gave it.  Source: MXNet 1.6, `mxnet.gluon.utils`.
"""

import os
import warnings
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from mxbook import ndarray as nd
from mxbook.base.context import Context
from mxbook.base.errors import FileFormatError, MXNetError, ParameterError, ShapeError
from mxbook.ndarray.ndarray import NDArray

__all__ = ["check_sha1", "clip_global_norm", "download", "split_and_load", "split_data"]


def split_data(
    data: NDArray, num_slice: int, batch_axis: int = 0, even_split: bool = True
) -> list[NDArray]:
    """Cut a batch into slices along its batch axis, one for each device.

    With `even_split` off the last slice takes what is left over, and there are fewer slices when
    there are fewer examples than that.

    >>> [s.shape for s in split_data(nd.zeros((7, 2)), 3, even_split=False)]
    [(2, 2), (2, 2), (3, 2)]

    Raises ShapeError when the batch does not divide evenly but should.
    """
    size = data.shape[batch_axis]
    if even_split and size % num_slice:
        raise ShapeError(
            f"a batch of the shape {data.shape} cannot be cut into {num_slice} equal slices",
            rule=f"the length of axis {batch_axis} is a multiple of {num_slice}",
            hint="another batch size, or even_split=False",
        )
    count = min(num_slice, size)
    step = size // count if count else 0
    bounds = [i * step for i in range(count)] + [size]
    if batch_axis == 0:
        return [data[a:b] for a, b in pairwise(bounds)]
    return [nd.slice_axis(data, axis=batch_axis, begin=a, end=b) for a, b in pairwise(bounds)]


def split_and_load(
    data: Any, ctx_list: Sequence[Context], batch_axis: int = 0, even_split: bool = True
) -> list[NDArray]:
    """Cut a batch into slices and put each on its device.

    >>> from mxbook import cpu
    >>> [s.context for s in split_and_load(nd.zeros((4, 2)), [cpu(0), cpu(1)])]
    [cpu(0), cpu(1)]
    """
    if not isinstance(data, NDArray):
        data = nd.array(data, ctx=ctx_list[0])
    if len(ctx_list) == 1:
        return [data.as_in_context(ctx_list[0])]
    slices = split_data(data, len(ctx_list), batch_axis, even_split)
    return [s.as_in_context(ctx) for s, ctx in zip(slices, ctx_list, strict=False)]


def clip_global_norm(arrays: Sequence[NDArray], max_norm: float, check_isfinite: bool = True):
    """Scale arrays in place so that the 2-norm of all their elements together is at most
    `max_norm`.

    Returns that norm as it was: a number, or with `check_isfinite` off an array of one element,
    which is not waited for.  Warns when the norm is infinite or not a number.

    >>> a = [nd.array([3.0]), nd.array([4.0])]
    >>> float(clip_global_norm(a, 1.0)), [round(float(x.asscalar()), 3) for x in a]
    (5.0, [0.6, 0.8])
    """
    if not arrays:
        raise ParameterError("clip_global_norm needs at least one array")
    total = global_norm(arrays)
    result: Any = total
    if check_isfinite:
        import math

        result = total.asscalar()
        if not math.isfinite(result):
            warnings.warn(
                "nan or inf is detected. Clipping results will be undefined.", stacklevel=2
            )
    # A norm of 0 is nothing to divide by.
    scale = nd.minimum(max_norm / (total + 1e-8), 1.0)
    for array in arrays:
        array *= scale.as_in_context(array.context).astype(array.dtype)
    return result


def global_norm(arrays: Sequence[NDArray]) -> NDArray:
    """The 2-norm of all elements of these arrays together, of one element; nothing waits for it.

    >>> float(global_norm([nd.array([3.0]), nd.array([4.0])]).asscalar())
    5.0
    """
    ctx = arrays[0].context
    squares = [nd.sum(nd.square(a)).as_in_context(ctx).astype("float32") for a in arrays]
    return nd.sqrt(nd.add_n(*squares))


def shape_is_known(shape: Sequence[int] | None) -> bool:
    """Whether a shape is there and has no unknown length (0 or -1).

    >>> shape_is_known((2, 3)), shape_is_known((2, 0)), shape_is_known(None)
    (True, False, False)
    """
    return bool(shape) and all(length > 0 for length in shape or ())


class HookHandle:
    """What registering a hook returns: `detach()`, or leaving a `with` block, takes the hook
    out.
    """

    def __init__(self):
        self._hooks: dict[int, Callable] | None = None
        self._key = 0

    def attach(self, hooks_dict: dict, hook: Callable) -> None:
        """Put a hook into a block's dict of hooks; one handle holds one hook."""
        if self._hooks is not None:
            raise ParameterError("this handle holds a hook already")
        self._hooks, self._key = hooks_dict, id(hook)
        hooks_dict[self._key] = hook

    def detach(self) -> None:
        """Take the hook out; does nothing the second time."""
        if self._hooks is not None:
            self._hooks.pop(self._key, None)
            self._hooks = None

    def __getstate__(self) -> tuple:
        return self._hooks, self._key

    def __setstate__(self, state: tuple) -> None:
        self._hooks, self._key = state

    def __enter__(self) -> "HookHandle":
        return self

    def __exit__(self, ptype: Any, value: Any, trace: Any) -> None:
        self.detach()


def check_sha1(filename: str, sha1_hash: str) -> bool:
    """Whether a file has the given SHA-1 sum."""
    import hashlib

    with open(filename, "rb") as file:
        return hashlib.file_digest(file, "sha1").hexdigest() == sha1_hash


def replace_file(src: str, dst: str) -> None:
    """Give a file another name in one step, replacing what had that name."""
    os.replace(src, dst)


def download(
    url: str,
    path: str | None = None,
    overwrite: bool = False,
    sha1_hash: str | None = None,
    retries: int = 5,
    verify_ssl: bool = True,
) -> str:
    """Fetch a file and return its name.

    `path` is a file or a folder, the current one by default; a file that is there (and has the
    right sum) is not fetched again.  The file appears whole or not at all.

    Raises ParameterError for an address without a file name, FileFormatError when the sum is wrong
    after all tries, and the last error of the network.
    """
    name = _target(url, path)
    if not overwrite and os.path.exists(name) and (not sha1_hash or check_sha1(name, sha1_hash)):
        return name
    os.makedirs(os.path.dirname(os.path.abspath(name)), exist_ok=True)
    draft = f"{name}.{os.urandom(6).hex()}.part"
    try:
        _fetch(url, draft, sha1_hash, retries, verify_ssl)
        replace_file(draft, name)
    finally:
        if os.path.exists(draft):
            os.unlink(draft)
    return name


def _target(url: str, path: str | None) -> str:
    """The file that `download` writes."""
    last = url.rsplit("/", 1)[-1]
    if path is not None and not os.path.isdir(os.path.expanduser(path)):
        return os.path.expanduser(path)
    if not last:
        raise ParameterError(f"the address {url!r} names no file", hint="give a file as path")
    return last if path is None else os.path.join(os.path.expanduser(path), last)


def _fetch(url: str, draft: str, sha1_hash: str | None, retries: int, verify_ssl: bool) -> None:
    """Try up to `retries` times more after a failure."""
    import shutil
    import ssl
    import urllib.error
    import urllib.request

    context = None if verify_ssl else ssl._create_unverified_context()
    for left in range(retries, -1, -1):
        try:
            with urllib.request.urlopen(url, context=context) as source, open(draft, "wb") as out:
                shutil.copyfileobj(source, out)
            if sha1_hash and not check_sha1(draft, sha1_hash):
                raise FileFormatError(
                    f"the file from {url} is not the expected one",
                    rule=f"its SHA-1 sum is {sha1_hash}",
                    hint="the file may have changed; please try again",
                )
            return
        except (OSError, FileFormatError) as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()  # the answer, which is open
            if left == 0:
                raise
            warnings.warn(f"download failed, {left} tries left: {error}", stacklevel=4)


class DownloadError(MXNetError, OSError):
    """A file could not be fetched; the message says from where, and what to do by hand."""


def fetch(
    url: str, path: str, overwrite: bool = False, sha1_hash: str | None = None, retries: int = 0
) -> str:
    """`download`, with an error that helps where there is no network.

    Raises DownloadError, an OSError, when the file cannot be fetched, and what `download` raises.
    """
    try:
        return download(url, path, overwrite, sha1_hash, retries)
    except OSError as error:
        raise DownloadError(
            f"{os.path.basename(path)} could not be fetched: {error}",
            values=[("from", url), ("to", os.path.abspath(path))],
            hint="is there a network? Otherwise fetch it elsewhere and put it there",
        ) from error


def _get_repo_url() -> str:
    """The address of MXNet's model and data repository; gluonnlp asks for it by this name."""
    url = os.environ.get(
        "MXNET_GLUON_REPO", "https://apache-mxnet.s3-accelerate.dualstack.amazonaws.com/"
    )
    return url if url.endswith("/") else url + "/"


def _get_repo_file_url(namespace: str, filename: str) -> str:
    """The address of a file in that repository."""
    return f"{_get_repo_url()}{namespace}/{filename}"


def _indent(text: str, spaces: int) -> str:
    """Indent all lines but the first."""
    first, *rest = text.split("\n")
    return "\n".join([first, *(" " * spaces + line for line in rest)])
