"""Saying that an operator made sparse arrays dense, because it has no kernel for them."""

import warnings
from collections.abc import Sequence
from typing import Any

from mxbook.base.config import config
from mxbook.base.errors import NotSupportedForSparseNDArray, SparseFallbackWarning
from mxbook.base.sites import Site
from mxbook.ops.params import Values

from .plan import Plan, describe

RULE = "an operator without a kernel for its storage types computes with dense arrays"
HINT = "say so with x.tostype('default'), or set mx.config.sparse_fallback to raise or silent"

_told: dict[str, dict] = {}  # by file, what was said for which line


def tell(plan: Plan, p: Values, arrays: Sequence[Any], site: Site) -> None:
    """Warn about it, once for a place in the program, or raise, as `sparse_fallback` says.

    The text has the operator, the storage types, and the bytes that the dense copies take.
    """
    if config.sparse_fallback == "silent":
        return
    specs = [a._spec for a in arrays]
    stypes = ", ".join(s.stype for s in specs)
    nbytes = sum(s.stored_as("default").nbytes for s in specs if s.stype != "default")
    message = f"{plan.op.name} makes sparse arrays dense: it got {stypes}; {nbytes:,} bytes more"
    if config.sparse_fallback == "raise":
        raise NotSupportedForSparseNDArray(
            message,
            rule=RULE,
            values=describe(plan.op, p, specs),
            place=[("called", str(site))],
            hint=HINT,
        )
    registry = _told.setdefault(site.filename, {})
    warnings.warn_explicit(
        f"{message}; {HINT}", SparseFallbackWarning, site.filename, site.line, registry=registry
    )
