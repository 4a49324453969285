"""Kernels for sparse arrays, beside the dense ones of the other families.

`names.py` MXNet's `_sparse_` names; `storage.py` changes of format and what exists for sparse
arrays only; `elementwise.py`; `dot.py` products and sums; `parts.py` slices and joins; `updates.py`
optimizer steps; `graphs.py` graphs as csr matrices.
"""

from . import dot, elementwise, graphs, names, parts, storage, updates
