"""What `Module` and `FeedForward` do with a store: choose it, fill it, update parameters.

Parameters come as lists of lists: for each parameter one array a device.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any

from mxbook.ndarray import NDArray

from .kvstore import KVStore, create

Arrays = Sequence[Sequence[NDArray]]
LARGE = 16 * 2**20  # elements; a store of type local does not update larger arrays


def create_for(
    kvstore: "KVStore | str | None", num_device: int, arg_params: dict[str, NDArray]
) -> tuple[KVStore | None, bool]:
    """The store for so many devices, and whether it applies the optimizer, by MXNet's rules.

    One device needs no store.  Raises TypeError for what is neither a name nor a store.

    >>> create_for("local", 1, {})
    (None, False)
    """
    if isinstance(kvstore, str):
        if num_device == 1 and "dist" not in kvstore:
            return None, False
        store: KVStore | None = create(kvstore)
    elif kvstore is None or isinstance(kvstore, KVStore):
        store = kvstore
    else:
        raise TypeError("kvstore must be KVStore, str or None")
    largest = max((array.size for array in arg_params.values()), default=0)
    allowed = os.environ.get("MXNET_UPDATE_ON_KVSTORE", "1") != "0"
    return store, store is not None and allowed and (kvstore != "local" or largest <= LARGE)


def fill(
    kvstore: KVStore,
    param_arrays: Arrays,
    arg_params: dict[str, NDArray],
    param_names: Sequence[str],
    update_on_kvstore: bool,
) -> None:
    """Give the store the first values; the devices take theirs from it if it has the optimizer."""
    for i, (name, arrays) in enumerate(zip(param_names, param_arrays, strict=True)):
        kvstore.init(name, arg_params[name])
        if update_on_kvstore:
            kvstore.pull(name, arrays, priority=-i)


def update_on_store(
    param_arrays: Arrays, grad_arrays: Arrays, kvstore: KVStore, param_names: Sequence[str]
) -> None:
    """Push all gradients to the store, which applies the optimizer, and fetch the parameters."""
    rows = zip(param_names, param_arrays, grad_arrays, strict=True)
    for i, (name, arrays, grads) in enumerate(rows):
        if grads[0] is not None:
            kvstore.pushpull(name, list(grads), out=list(arrays), priority=-i)


def update_on_devices(
    param_arrays: Arrays,
    grad_arrays: Arrays,
    updater: Callable[[Any, Any, Any], None],
    num_device: int,
    kvstore: KVStore | None = None,
    param_names: Sequence[str] | None = None,
) -> None:
    """Apply the optimizer on each device; the store, if any, adds the gradients up before.

    The updater's index of parameter `i` on device `k` is `i * num_device + k`.
    """
    updates: list[list[tuple]] = [[] for _ in range(num_device)]
    for i, (arrays, grads) in enumerate(zip(param_arrays, grad_arrays, strict=True)):
        if grads[0] is None:
            continue
        if kvstore is not None:
            name = i if param_names is None else param_names[i]
            kvstore.push(name, list(grads), priority=-i)
            kvstore.pull(name, list(grads), priority=-i)
        for k, (array, grad) in enumerate(zip(arrays, grads, strict=True)):
            updates[k].append((i * num_device + k, grad, array))
    for of_device in updates:
        if of_device:
            updater(*([*part] for part in zip(*of_device, strict=True)))
