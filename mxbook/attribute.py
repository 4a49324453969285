"""`mx.attribute`: attributes for all symbols made in a `with` block."""

from mxbook.base.attributes import AttrScope

__all__ = ["AttrScope"]
