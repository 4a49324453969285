"""Updater: an optimizer together with the states of all parameters it has met."""

from collections.abc import Iterator
from typing import Any

from mxbook.base.context import Context
from mxbook.ndarray.ndarray import NDArray

from . import states as _states
from .optimizer import Index, Optimizer

__all__ = ["Updater", "get_updater"]

TOGETHER = 2**19  # elements from which on weights are enough for one operation


class Updater:
    """A function `(index, grad, weight)` that changes the weight in place; makes states as needed.

    >>> from mxbook import nd, optimizer
    >>> update = Updater(optimizer.SGD(learning_rate=1))
    >>> w = nd.array([3.0])
    >>> update(0, nd.array([1.0]), w)
    >>> w.asnumpy()
    array([2.], dtype=float32)
    """

    def __init__(self, optimizer: Optimizer):
        self.optimizer = optimizer
        self.states: dict[Index, Any] = {}
        # States from a file are on the processor until their weight is met.
        self.states_synced: dict[Index, bool] = {}
        self.aggregate_updates = optimizer.aggregate_num > 0

    def __call__(self, index: Any, grad: Any, weight: Any) -> None:
        """Change one weight, or all of a list, where the optimizer can in one operation."""
        if not isinstance(index, list | tuple):
            self.optimizer._set_current_context(weight.context.device_id)
            self._prepare(index, weight)
            self.optimizer.update_multi_precision(index, weight, grad, self.states[index])
            return
        triples = list(zip(index, grad, weight, strict=True))
        if triples:  # all are on one device
            self.optimizer._set_current_context(weight[0].context.device_id)
        for i, _, w in triples:
            if not self.states_synced.get(i):
                self._prepare(i, w)
        if not self.aggregate_updates:
            for i, g, w in triples:
                self.optimizer.update_multi_precision(i, w, g, self.states[i])
            return
        for group in _groups(triples, self.optimizer.aggregate_num):
            indices, grads, weights = ([*part] for part in zip(*group, strict=True))
            states = [self.states[i] for i in indices]
            self.optimizer.update_multi_precision(indices, weights, grads, states)

    def _prepare(self, index: Index, weight: NDArray) -> None:
        """Make sure that there is a state, on the weight's device."""
        if index not in self.states:
            self.states[index] = self.optimizer.create_state_multi_precision(index, weight)
        elif not self.states_synced[index]:
            self.states[index] = self.sync_state_context(self.states[index], weight.context)
        self.states_synced[index] = True

    def sync_state_context(self, state: Any, context: Context) -> Any:
        """The state with its arrays on a device."""
        if isinstance(state, NDArray):
            return state.as_in_context(context)
        if isinstance(state, list | tuple):
            return type(state)(self.sync_state_context(s, context) for s in state)
        return state

    def get_states(self, dump_optimizer: bool = False) -> bytes:
        """The states, and with `dump_optimizer` the optimizer, as bytes for a file."""
        return _states.dumps(self.states, self.optimizer if dump_optimizer else None)

    def set_states(self, states: bytes) -> None:
        """Take over what `get_states` gave; raises FileFormatError for other bytes."""
        self.states, optimizer = _states.loads(states)
        if optimizer is not None:
            self.optimizer = optimizer
        self.aggregate_updates = self.optimizer.aggregate_num > 0
        self.states_synced = dict.fromkeys(self.states, False)


def _groups(triples: list[tuple], largest: int) -> Iterator[list[tuple]]:
    """Updates of weights of one element type, at most so many together.

    Large weights are in small groups, which the engine's workers then share.
    """
    by_type: dict[Any, list[tuple]] = {}
    for triple in triples:
        by_type.setdefault(triple[2].dtype, []).append(triple)
    for found in by_type.values():
        group: list[tuple] = []
        room = TOGETHER
        for triple in found:
            group.append(triple)
            room -= triple[2].size
            if len(group) == largest or room <= 0:
                yield group
                group, room = [], TOGETHER
        if group:
            yield group


def get_updater(optimizer: Optimizer) -> Updater:
    """An Updater for the optimizer, as `KVStore` wants it."""
    return Updater(optimizer)
