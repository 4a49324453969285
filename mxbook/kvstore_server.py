"""`mx.kvstore_server`: the process that keeps the values of a store of several processes."""

from typing import NoReturn

from .base.errors import DeviceError
from .kvstore import KVStore

__all__ = ["KVStoreServer"]


class KVStoreServer:
    """The server of a store; only stores of several processes have one.

    >>> from mxbook import kvstore
    >>> try:
    ...     KVStoreServer(kvstore.create("local")).run()
    ... except DeviceError as error:
    ...     print(error.message)
    a KVStore of type 'local' has no server
    """

    def __init__(self, kvstore: KVStore):
        self.kvstore = kvstore

    def run(self) -> NoReturn:
        """Serve until all workers are done; raises DeviceError for a store of one process."""
        raise DeviceError(
            f"a KVStore of type {self.kvstore.type!r} has no server",
            rule="it lives in this process, which keeps its values",
            hint="mx.kv.create says which stores there are",
        )
