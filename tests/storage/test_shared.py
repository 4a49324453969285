"""Memory that several processes share."""

import os

import pytest

from mxbook.storage import shared


@pytest.fixture(params=["memfd", "file"])
def segment(request, monkeypatch):
    if request.param == "file":
        monkeypatch.delattr(os, "memfd_create")
    descriptor = shared.new(1000)
    yield descriptor
    os.close(descriptor)


def test_mappings_see_each_other_unless_they_are_private(segment):
    one, other = (shared.mapped(segment, 1000) for _ in range(2))
    alone = shared.mapped(segment, 1000, private=True)
    assert not one.any()
    one[3] = 5
    assert other[3] == alone[3] == 5
    alone[3] = 9
    assert one[3] == 5


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_another_process_sees_it(segment):
    memory = shared.mapped(segment, 1000)
    child = os.fork()
    if child == 0:
        memory[7] = 9
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert memory[7] == 9


def test_a_mapping_needs_no_descriptor():
    descriptor = shared.new(10)
    memory = shared.mapped(descriptor, 10)
    os.close(descriptor)
    memory[:] = 3
    assert memory.sum() == 30


def test_a_size_that_cannot_be(monkeypatch):
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="Invalid argument"):
        shared.new(-1)
    assert len(os.listdir("/proc/self/fd")) == before
