"""`mx.kv`, `mx.kvstore`: one value for each key, shared by several devices.

`kvstore.py` the store; `comm.py` adding values up and handing them out; `keys.py` what may be
given as key and value.
"""

from .kvstore import KVStore, create

__all__ = ["KVStore", "create"]
