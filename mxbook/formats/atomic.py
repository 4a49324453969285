"""Writing a file in one step."""

import os
from collections.abc import Iterable


def write(path: str | os.PathLike, pieces: Iterable) -> None:
    """Make `pieces` (bytes or contiguous arrays) the content of the file at `path`.

    They go to a new file in the same folder, which takes the old one's place once it is safely on
    disk: whoever looks, at any moment, sees the old content or the new one whole.  An existing
    file keeps its permissions, a link keeps pointing.  Raises OSError where the file cannot be
    written; the old file is then untouched.
    """
    path = os.path.realpath(path)
    if os.path.exists(path) and not os.path.isfile(path):  # a pipe or /dev/null stays what it is
        with open(path, "wb") as stream:
            stream.writelines(pieces)
        return
    _check_writable(path)
    draft = os.path.join(os.path.dirname(path), f".mxbook-{os.urandom(6).hex()}.tmp")
    try:
        with open(draft, "xb") as stream:
            stream.writelines(pieces)
            stream.flush()
            os.fsync(stream.fileno())
        if os.path.exists(path):
            os.chmod(draft, os.stat(path).st_mode & 0o7777)
        os.replace(draft, path)
    except BaseException:  # an interrupt, too, must not leave the draft behind
        if os.path.exists(draft):
            os.unlink(draft)
        raise


def _check_writable(path: str) -> None:
    # Replacing a file asks only for rights on the folder, and errors would name the draft.
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"cannot write {path}: there is no folder {folder}")
    if os.path.exists(path) and not os.access(path, os.W_OK):
        raise PermissionError(f"cannot write {path}: it is write-protected")
