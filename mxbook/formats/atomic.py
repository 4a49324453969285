"""Writing a file in one step."""

import os
from collections.abc import Iterable
from typing import Any


def write(path: str | os.PathLike, pieces: Iterable) -> None:
    """Make `pieces` (bytes or contiguous arrays) the content of the file at `path`.

    They go to a new file in the same folder, which takes the old one's place once it is safely on
    disk: whoever looks, at any moment, sees the old content or the new one whole.  An existing
    file keeps its permissions, a link keeps pointing.  Raises OSError where the file cannot be
    written; the old file is then untouched.
    """
    draft = Draft(path)
    try:
        draft.stream.writelines(pieces)
        draft.finish()
    except BaseException:  # an interrupt, too, must not leave the draft behind
        draft.drop()
        raise


class Draft:
    """A file in the making: what is written to `stream` is at `path` after `finish`, not before.

    `drop` forgets it.  What is no regular file (a pipe, /dev/null) is written at once.
    Raises OSError where the file cannot be written.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = os.path.realpath(path)
        self._draft = self.path
        if not os.path.exists(self.path) or os.path.isfile(self.path):
            _check_writable(self.path)
            name = f".mxbook-{os.urandom(6).hex()}.tmp"
            self._draft = os.path.join(os.path.dirname(self.path), name)
        fresh = "wb" if self._draft == self.path else "xb"
        self.stream: Any = open(self._draft, fresh)  # noqa: SIM115 (closed by settle or drop)

    def settle(self) -> None:
        """Bring everything safely to the disk; only the name is missing after this."""
        if self.stream.closed:
            return
        with self.stream:
            self.stream.flush()
            if self._draft != self.path:
                os.fsync(self.stream.fileno())
        if self._draft != self.path and os.path.exists(self.path):
            os.chmod(self._draft, os.stat(self.path).st_mode & 0o7777)

    def finish(self) -> None:
        """Take the place of the file at `path`."""
        self.settle()
        if self._draft != self.path:
            os.replace(self._draft, self.path)

    def drop(self) -> None:
        """Forget what was written; the file at `path` stays as it is."""
        self.stream.close()
        if self._draft != self.path and os.path.exists(self._draft):
            os.unlink(self._draft)

    def disown(self) -> None:
        """In a forked process: close the stream, and leave file and draft to the parent."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.stream.fileno())  # the parent writes what is still in the buffer
        os.close(nowhere)
        self.stream.close()


def _check_writable(path: str) -> None:
    # Replacing a file asks only for rights on the folder, and errors would name the draft.
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"cannot write {path}: there is no folder {folder}")
    if os.path.exists(path) and not os.access(path, os.W_OK):
        raise PermissionError(f"cannot write {path}: it is write-protected")
