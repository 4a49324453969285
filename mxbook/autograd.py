"""Gradients: record operations, then ask for derivatives.

    x.attach_grad()
    with mx.autograd.record():
        y = (x * x).sum()
    y.backward()
    x.grad                  # 2 * x

What happens inside: `record` makes every operation leave a node (`imperative/tape.py`); `backward`
walks the nodes from the last to the first (`graph/gradient.py`).

Source: MXNet 1.6, `mxnet.autograd`.
"""

from collections.abc import Sequence
from typing import Any

from mxbook.base.errors import MXNetError, ShapeError
from mxbook.graph.node import Node
from mxbook.imperative import arrays as _arrays
from mxbook.imperative import mode as _mode
from mxbook.imperative import tape
from mxbook.imperative.invoke import update
from mxbook.ndarray import registry as F
from mxbook.ndarray.ndarray import NDArray
from mxbook.ops import custom


def is_recording() -> bool:
    """Whether operations of this thread are recorded."""
    return _noticed().recording


def is_training() -> bool:
    """Whether this thread is in training mode (Dropout drops, BatchNorm uses batch statistics)."""
    return _noticed().training


def _noticed() -> Any:
    """The thread's state; a block that is traced is told that its code depends on it."""
    state = _mode.local
    if state.trace is not None:
        state.trace.ask("mode")
    return state


def set_recording(is_recording: bool) -> bool:
    """Switch recording on or off; returns what it was."""
    return _mode.set_recording(bool(is_recording))


def set_training(train_mode: bool) -> bool:
    """Switch training mode on or off; returns what it was."""
    return _mode.set_training(bool(train_mode))


class _Scope:
    """Switches recording and training for a `with` block; None leaves one as it is."""

    def __init__(self, recording: bool | None, training: bool | None):
        self._recording, self._training = recording, training
        self._before: list[tuple[bool, bool]] = []

    def __enter__(self) -> None:
        state = _mode.local
        self._before.append((state.recording, state.training))
        if self._recording:
            _mode.enter_record()
        elif self._recording is not None:
            _mode.set_recording(False)
        if self._training is not None:
            state.training = self._training

    def __exit__(self, *exc: Any) -> None:
        recording, training = self._before.pop()
        if self._recording:
            _mode.leave_record(recording)
        elif self._recording is not None:
            _mode.set_recording(recording)
        _mode.local.training = training


def record(train_mode: bool = True) -> _Scope:
    """A `with` block whose operations are recorded, in training mode unless told otherwise.

    >>> with record():
    ...     is_recording(), is_training()
    (True, True)
    """
    return _Scope(True, train_mode)


def pause(train_mode: bool = False) -> _Scope:
    """A `with` block inside `record` whose operations are not recorded.

    >>> with record():
    ...     with pause():
    ...         is_recording()
    False
    """
    return _Scope(False, train_mode)


def train_mode() -> _Scope:
    """A `with` block in training mode; recording stays as it is."""
    return _Scope(None, True)


def predict_mode() -> _Scope:
    """A `with` block in prediction mode; recording stays as it is."""
    return _Scope(None, False)


def _listed(arrays: Any) -> list:
    return [arrays] if isinstance(arrays, NDArray) else list(arrays)


def mark_variables(
    variables: Any, gradients: Any, grad_reqs: str | Sequence[str] = "write"
) -> None:
    """Make arrays variables whose gradients `backward` puts into the given arrays.

    `grad_reqs` is `write`, `add` or `null`, for all or one for each.
    """
    variables, gradients = _listed(variables), _listed(gradients)
    reqs = [grad_reqs] * len(variables) if isinstance(grad_reqs, str) else list(grad_reqs)
    for variable, grad, req in zip(variables, gradients, reqs, strict=True):
        tape.mark(variable, grad, req)


def _head_gradients(heads: list, head_grads: Any) -> list:
    """The gradient at each head: the given one, or ones."""
    given = [None] * len(heads) if head_grads is None else _listed(head_grads)
    if len(given) != len(heads):
        raise MXNetError(
            f"{len(heads)} heads need as many head gradients, got {len(given)}",
            hint="None stands for ones",
        )
    for head, grad in zip(heads, given, strict=True):
        if grad is not None and grad.shape != head.shape:
            raise ShapeError(
                "a head gradient has the shape of its head",
                values=[("head", repr(head._spec)), ("gradient", repr(grad._spec))],
            )
    with pause(is_training()):
        return [
            F.ones_like(_arrays.alias(h)) if g is None else g
            for h, g in zip(heads, given, strict=True)
        ]


def backward(heads, head_grads=None, retain_graph: bool = False, train_mode: bool = True) -> None:
    """Compute the gradients of the heads and put them where `attach_grad` made room.

    What the graph saved is freed, unless `retain_graph`.  Only variables get a gradient: an array
    between has none unless `attach_grad` was called on it, which cuts the graph there.

    Raises MXNetError for a head that is not in a graph, with the cause (never recorded, detached,
    already freed, made under pause, ...).
    """
    deposit(_listed(heads), head_grads, retain_graph, train_mode)


def deposit(heads: list, head_grads: Any, retain_graph: bool, train_mode: bool) -> set[Node]:
    """What `backward` does; returns the variables that were reached."""
    gradients = _head_gradients(heads, head_grads)
    kind = "mean" if any(_is_mean(h) for h in heads) else "other"  # asked before the graph is freed
    local = _mode.local
    local.delivered, before = set(), local.delivered
    try:
        found = tape.backward(heads, gradients, F, retain=retain_graph, train=train_mode)
    finally:
        local.delivered = before
    with pause(train_mode):
        for node, value in found.items():
            _deposit(node, value)
            node.fresh = kind
    return set(found)


def _is_mean(head: NDArray) -> bool:
    """Whether a head is a mean over everything; a trainer that divides by the batch size asks.

    Losses take means over all axes but that of the examples: of one example that is one number.
    """
    node = head._entry[0] if head._entry is not None else None
    op = node.op if node is not None else None
    return op is not None and op.name == "mean" and head.size == 1 and not node.params.exclude


def _deposit(node: Node, value: Any) -> None:
    """Write or add a gradient to the array of its variable."""
    grad = node.grad
    if grad is None or node.grad_req == "null" or value is None or value is grad:
        return
    if node.grad_req == "add":
        F.elemwise_add(grad, value, out=grad)
    elif grad._spec is value._spec and grad._spec.stype == "default":  # short for `_copyto`
        raw = value._data
        update(grad, lambda target: target.__setitem__(..., raw), "_copyto", [value])
    else:
        F._copyto(value, out=grad)


def grad(
    heads,
    variables,
    head_grads=None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    train_mode: bool = True,
):
    """The gradients of the heads with respect to variables, as new arrays.

    With `create_graph` the gradients are recorded themselves, so that they can be differentiated
    again; `retain_graph` is then True unless given.

    >>> import mxbook as mx
    >>> x = mx.nd.array([3])
    >>> x.attach_grad()
    >>> with record():
    ...     dy = grad(x * x * x, [x], create_graph=True)[0]
    >>> dy.backward()
    >>> x.grad.asnumpy()          # 6 * x
    array([18.], dtype=float32)
    """
    heads, variables = _listed(heads), _listed(variables)
    nodes = [_variable_node(v) for v in variables]
    retain = create_graph if retain_graph is None else retain_graph
    found = tape.backward(
        heads,
        _head_gradients(heads, head_grads),
        F,
        retain=retain,
        train=train_mode,
        create_graph=create_graph,
    )
    results = [found.get(node) for node in nodes]
    for variable, result in zip(variables, results, strict=True):
        if result is None:
            raise MXNetError(
                "a variable is not reached from the heads",
                values=[("variable", repr(variable._spec))],
                hint="is it used in the recorded computation?",
            )
    kind = _arrays.numpy_class
    return [
        _arrays.as_class(r, kind) if kind is not None and type(v) is kind else r
        for v, r in zip(variables, results, strict=True)
    ]


def _variable_node(array: NDArray) -> Node:
    entry = array._entry
    if entry is None or entry[0].op is not None:
        raise MXNetError(
            "cannot differentiate with respect to an array that is not a variable",
            rule="variables are arrays with attach_grad() or mark_variables()",
            values=[("array", repr(array._spec))],
        )
    return entry[0]


def get_symbol(x: NDArray):
    """The recorded history of an array as a Symbol, whose variables are named `var0`, `var1`,
    ..."""
    from mxbook.symbol.symbol import from_tape

    if x._entry is None:
        raise tape.not_recorded(x)
    return from_tape(x._entry)


class Function:
    """A differentiable function with its own backward, written on arrays.

    >>> import mxbook as mx
    >>> class sigmoid(Function):
    ...     def forward(self, x):
    ...         y = 1 / (1 + mx.nd.exp(-x))
    ...         self.save_for_backward(y)
    ...         return y
    ...     def backward(self, dy):
    ...         (y,) = self.saved_tensors
    ...         return dy * y * (1 - y)
    >>> x = mx.nd.zeros(1)
    >>> x.attach_grad()
    >>> with mx.autograd.record():
    ...     y = sigmoid()(x)
    >>> y.backward()
    >>> x.grad.asnumpy()
    array([0.25], dtype=float32)
    """

    def __init__(self):
        self._used = False
        self.saved_tensors: tuple = ()
        self._specs: list = []

    def save_for_backward(self, *args: NDArray) -> None:
        """Keep arrays for `backward`, which finds them in `self.saved_tensors`."""
        self.saved_tensors = args

    def __call__(self, *inputs: NDArray):
        """Run `forward` and leave one node for it on the tape."""
        if self._used:
            raise MXNetError("a Function can be called only once", hint="make a new one each time")
        self._used = True
        recording = is_recording()
        with pause(is_training()):
            outputs = self.forward(*inputs)
        results = _listed(outputs)
        if recording:
            results = [_arrays.alias(r) for r in results]
            entries = tuple(a._entry for a in inputs)
            if any(e is not None for e in entries):
                self._specs = [r._spec for r in results]
                op = custom.function_operator(self._gradients, len(inputs), len(results))
                node = Node(op, None, entries)
                for i, r in enumerate(results):
                    r._entry = (node, i)
        return results[0] if isinstance(outputs, NDArray) else results

    def _gradients(self, dys: list) -> list:
        """Call the user's backward; an output that nothing depends on has a gradient of zeros."""
        with pause(is_training()):
            filled = [
                F._zeros(shape=s.shape, ctx=str(s.ctx), dtype=s.dtype.name) if dy is None else dy
                for s, dy in zip(self._specs, dys, strict=True)
            ]
            return _listed(self.backward(*filled))

    def forward(self, *inputs: NDArray):
        """Compute the outputs from the inputs."""
        raise MXNetError(f"{type(self).__name__} must define forward(self, *inputs)")

    def backward(self, *output_grads: NDArray):
        """Compute the gradients of the inputs from those of the outputs."""
        raise MXNetError(f"{type(self).__name__} must define backward(self, *output_grads)")
