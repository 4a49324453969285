"""Stores of one process have no server."""

import pytest

import mxbook as mx
from mxbook.base.errors import DeviceError


def test_no_server():
    with pytest.raises(DeviceError, match="no server"):
        mx.kvstore_server.KVStoreServer(mx.kv.create("local")).run()
