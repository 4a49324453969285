"""`mx.name`: automatic names and prefixes."""

from mxbook.base.names import NameManager, Prefix

__all__ = ["NameManager", "Prefix"]
