"""`Block.summary`: which blocks run, what shapes they give and how many parameters they have."""

from typing import Any

from mxbook import autograd
from mxbook.base import shapes
from mxbook.base.errors import MXNetError
from mxbook.ndarray.ndarray import NDArray

from .block import Block, HybridBlock
from .nn.basic_layers import BatchNorm, Dropout, HybridSequential, Sequential

WIDTH = 80


def summary(block: Block, inputs: tuple) -> str:
    """Run a block once and describe every block inside in the order in which it ended.

    Raises MXNetError for a hybridized block, whose inner blocks do not run one by one.
    """
    rows: list[tuple[str, str, int]] = [("Input", _shapes(inputs), 0)]
    counted: set[int] = set()
    totals = {"all": 0, "learned": 0, "shared": 0}

    def note(b: Block, _inputs: Any, outputs: Any) -> None:
        size = 0
        for p in b._reg_params.values():
            own = shapes.size(p.shape)
            size += own
            totals["learned"] += 0 if p.grad_req == "null" else own
            totals["shared"] += own if id(p) in counted else 0
            counted.add(id(p))
        totals["all"] += size
        rows.append((f"{type(b).__name__}-{len(rows)}", _shapes(outputs), size))

    handles: list = []

    def watch(b: Block) -> None:
        if isinstance(b, HybridBlock) and b._active:
            raise MXNetError(
                f"{b.name} is hybridized, so its summary cannot be printed",
                hint="call net.hybridize(False) first",
            )
        if not isinstance(b, Sequential | HybridSequential):
            handles.append(b.register_forward_hook(note))

    try:
        block.apply(watch)
        block(*inputs)
    finally:
        for handle in handles:
            handle.detach()
    return "\n".join([*_table(rows), *_totals(totals), *_mode(block)])


def _shapes(value: Any) -> str:
    """The shape of an array, or those of nested lists of arrays."""
    if isinstance(value, list | tuple):
        return ", ".join(
            f"[{_shapes(v)}]" if isinstance(v, list | tuple) else _shapes(v) for v in value
        )
    return str(value.shape) if isinstance(value, NDArray) else str(value)


def _table(rows: list[tuple[str, str, int]]) -> list[str]:
    head = f"{'Layer (type)':>20}  {'Output Shape':>42} {'Param #':>15}"
    body = [f"{name:>20}  {shape:>42} {size:>15}" for name, shape, size in rows]
    return ["-" * WIDTH, head, "=" * WIDTH, *body]


def _totals(totals: dict[str, int]) -> list[str]:
    return [
        "=" * WIDTH,
        "Parameters in forward computation graph, duplicate included",
        f"   Total params: {totals['all']}",
        f"   Trainable params: {totals['learned']}",
        f"   Non-trainable params: {totals['all'] - totals['learned']}",
        f"Shared params in forward computation graph: {totals['shared']}",
        f"Unique parameters in model: {totals['all'] - totals['shared']}",
        "-" * WIDTH,
    ]


def _mode(block: Block) -> list[str]:
    """What the mode in force means for blocks whose result depends on it; nothing without such."""
    found = {type(b).__name__ for b in block._blocks() if isinstance(b, BatchNorm | Dropout)}
    training = autograd.is_training()
    words = {
        "BatchNorm": "normalises by " + ("the batch" if training else "its moving averages"),
        "Dropout": "drops elements" if training else "does nothing",
    }
    told = "; ".join(f"{n} {w}" for n, w in words.items() if n in found)
    mode = "training" if training else "prediction"
    return [f"Mode: {mode} ({told})"] if told else []
