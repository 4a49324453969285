"""How long things take, without what feeds them.

Source: MXNet 1.6, `mxnet.test_utils`.
"""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from mxbook import ndarray as nd
from mxbook.base.context import Context
from mxbook.base.errors import ParameterError
from mxbook.io import DataBatch, DataIter
from mxbook.symbol.symbol import Symbol

from .environment import default_context


def check_speed(
    sym: Symbol,
    location: Mapping[str, Any] | None = None,
    ctx: Context | None = None,
    N: int = 20,
    grad_req: Any = None,
    typ: str = "whole",
    **kwargs: Any,
) -> float:
    """Seconds that one computation of a symbol takes, the mean of N after one to warm up.

    `location` holds the arguments by name; otherwise they are random, of the shapes given by name.
    `typ` is "forward", or "whole" with the gradients (for the outputs as head gradients).

    >>> from mxbook import sym
    >>> check_speed(sym.exp(sym.var("x")), x=(3, 4), N=2) > 0
    True
    """
    if typ not in ("whole", "forward"):
        raise ParameterError('typ can only be "whole" or "forward".')
    shapes = kwargs if location is None else {name: np.shape(v) for name, v in location.items()}
    executor = sym.simple_bind(ctx or default_context(), grad_req=grad_req or "write", **shapes)
    for name, array in executor.arg_dict.items():
        array[:] = np.random.normal(size=array.shape) if location is None else location[name]

    def once() -> None:
        outputs = executor.forward(is_train=typ == "whole")
        if typ == "whole":
            executor.backward(outputs)

    once()
    nd.waitall()
    start = time.perf_counter()
    for _ in range(N):
        once()
    nd.waitall()
    return (time.perf_counter() - start) / N


class DummyIter(DataIter):
    """The first batch of an iterator again and again, to measure speed without reading data.

    >>> from mxbook import io
    >>> again = DummyIter(io.NDArrayIter(np.arange(6), batch_size=2))
    >>> again.next().data[0].asnumpy(), again.next().data[0].asnumpy()
    (array([0., 1.], dtype=float32), array([0., 1.], dtype=float32))
    """

    def __init__(self, real_iter: DataIter):
        super().__init__(real_iter.batch_size)
        self.real_iter = real_iter
        self.provide_data, self.provide_label = real_iter.provide_data, real_iter.provide_label
        self.the_batch = next(real_iter)

    def __iter__(self) -> "DummyIter":
        return self

    def next(self) -> DataBatch:
        """The batch; there is no last one."""
        return self.the_batch
