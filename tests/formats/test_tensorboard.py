import math
import struct

from hypothesis import given
from hypothesis import strategies as st

from mxbook.formats.tensorboard import SummaryWriter, crc32c, record, scalar_event


def records(path):
    """The events in a file, with a check of every checksum."""
    data = path.read_bytes()
    while data:
        length = struct.unpack_from("<Q", data)[0]
        event = data[12 : 12 + length]
        assert record(event) == data[: length + 16]
        yield event
        data = data[length + 16 :]


def fields(message):
    """The fields of a protocol buffer: pairs of number and value."""

    def varint():
        nonlocal at
        shift = value = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value

    at = 0
    while at < len(message):
        number, wire = divmod(varint(), 8)
        if wire == 0:
            yield number, varint()
            continue
        size = {1: 8, 5: 4}.get(wire) or varint()
        yield number, message[at : at + size]
        at += size


def scalars(path):
    """Name, step and value of each number in an event file."""
    first, *rest = records(path)
    assert dict(fields(first))[3] == b"brain.Event:2"
    found = []
    for event in rest:
        parts = dict(fields(event))
        value = dict(fields(dict(fields(parts[5]))[1]))
        found.append((value[1].decode(), parts[2], struct.unpack("<f", value[2])[0]))
    return found


def test_known_checksums():
    assert crc32c(b"123456789") == 0xE3069283  # of the standard
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720
    assert crc32c(b"") == 0


def test_an_event_byte_by_byte():
    assert scalar_event("a", 1.0, 300, 2.0).hex(" ") == (
        "09 00 00 00 00 00 00 00 40 "  # wall time
        "10 ac 02 "  # step
        "2a 0a 0a 08 0a 01 61 15 00 00 80 3f"  # summary, value, tag, number
    )


NUMBERS = st.floats(allow_nan=False, width=32)


@given(st.lists(st.tuples(st.text(max_size=5), st.integers(0, 2**40), NUMBERS), max_size=5))
def test_what_is_written_can_be_read(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("logs")
    writer = SummaryWriter(folder)
    for tag, step, value in rows:
        writer.add_scalar(tag, value, step)
    (path,) = folder.iterdir()
    assert path.name.startswith("events.out.tfevents.")
    assert scalars(path) == rows  # also before it is closed
    writer.close()


def test_files_do_not_meet(tmp_path):
    writers = [SummaryWriter(tmp_path) for _ in range(3)]
    for writer in writers:
        writer.add_scalar("x", math.nan)
        writer.close()
    assert len(list(tmp_path.iterdir())) == 3
