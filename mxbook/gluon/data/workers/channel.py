"""Messages between processes: bytes, and descriptors with them."""

import os
import socket
import struct
from collections.abc import Sequence

_HEAD = struct.Struct("<QI")  # length of the message, number of descriptors
MOST = 200  # descriptors in a message; Linux allows 253


class Channel:
    """One end of a connection.  Only one thread may send, and only one receive, at a time."""

    def __init__(self, end: socket.socket):
        self._end = end

    def fileno(self) -> int:
        """The descriptor of the connection, for `poll`."""
        return self._end.fileno()

    def send(self, message: bytes, descriptors: Sequence[int] = ()) -> None:
        """Send a message; the descriptors stay open here.

        Raises OSError when the other end is gone.
        """
        head = _HEAD.pack(len(message), len(descriptors))
        if descriptors:  # they go with the first byte
            head = head[socket.send_fds(self._end, [head], descriptors) :]
        self._end.sendall(head + message)

    def receive(self) -> tuple[bytearray, list[int]] | None:
        """Wait for the next message and its descriptors; None when the other end is gone."""
        try:
            # Descriptors come with the first byte of a message.
            head, descriptors, *_ = socket.recv_fds(self._end, _HEAD.size, MOST)
            for descriptor in descriptors:  # they are not for programs that a sample may start
                os.set_inheritable(descriptor, False)
            rest = self._exactly(_HEAD.size - len(head)) if head else None
            if rest is None:
                return None
            length, count = _HEAD.unpack(head + rest)
            content = self._exactly(length)
        except ConnectionError:
            return None
        if content is None or len(descriptors) != count:
            for descriptor in descriptors:
                os.close(descriptor)
            return None
        return content, descriptors

    def _exactly(self, count: int) -> bytearray | None:
        content = bytearray(count)
        view, done = memoryview(content), 0
        while done < count:
            step = self._end.recv_into(view[done:])
            if step == 0:
                return None
            done += step
        return content

    def close(self) -> None:
        """Close this end; the other one receives None."""
        self._end.close()
