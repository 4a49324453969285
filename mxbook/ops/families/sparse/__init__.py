"""Kernels for sparse arrays, beside the dense ones of the other families.

`names.py` MXNet's `_sparse_` names; `storage.py` changes of format and what exists for sparse
arrays only; `elementwise.py`; `dot.py` products and sums; `parts.py` slices and joins; `updates.py`
optimizer steps.
"""

from . import dot, elementwise, names, parts, storage, updates
