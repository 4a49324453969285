"""Messages and descriptors between two ends."""

import os
import socket
import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from mxbook.gluon.data.workers.channel import MOST, Channel


def ends():
    return tuple(map(Channel, socket.socketpair()))


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from([0, 1, 100, 500_000]), st.integers(0, 3)), max_size=6))
def test_messages_come_whole_and_in_order(messages):
    one, other = ends()
    pipe = os.pipe()

    def send():
        for length, count in messages:
            one.send(bytes([length % 251]) * length, [pipe[1]] * count)
        one.close()

    sender = threading.Thread(target=send)
    sender.start()
    for length, count in messages:
        content, descriptors = other.receive()
        assert content == bytes([length % 251]) * length
        assert len(descriptors) == count
        for descriptor in descriptors:
            assert not os.get_inheritable(descriptor)
            os.write(descriptor, b"x")
            assert os.read(pipe[0], 1) == b"x"
            os.close(descriptor)
    assert other.receive() is None
    sender.join()
    other.close()
    for descriptor in pipe:
        os.close(descriptor)


def test_many_descriptors():
    one, other = ends()
    one.send(b"", [0] * MOST)
    _, descriptors = other.receive()
    assert len(descriptors) == MOST
    for descriptor in descriptors:
        os.close(descriptor)
    one.close()
    other.close()


def test_a_message_that_is_cut_is_no_message():
    ours, theirs = socket.socketpair()
    theirs.sendall(bytes([9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]))
    theirs.close()
    end = Channel(ours)
    assert end.receive() is None
    end.close()
