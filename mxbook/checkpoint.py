"""Checkpoints: a network as `prefix-symbol.json` and its parameters as `prefix-0005.params`.

The files are MXNet's.  Parameters are named `arg:fc1_weight`, auxiliary states (such as moving
means) `aux:bn_moving_mean`.
"""

import logging
from typing import Any

from . import ndarray as nd
from . import symbol as sym
from .base.errors import FileFormatError
from .ndarray import NDArray
from .symbol import Symbol

__all__ = ["load_checkpoint", "load_params", "save_checkpoint", "save_params"]

Params = dict[str, NDArray]


def save_params(fname: str, arg_params: Params, aux_params: Params) -> None:
    """Write arguments and auxiliary states into one file."""
    named = {f"arg:{name}": array for name, array in arg_params.items()}
    named.update({f"aux:{name}": array for name, array in aux_params.items()})
    nd.save(fname, named)


def save_checkpoint(
    prefix: str,
    epoch: int,
    symbol: Symbol | None,
    arg_params: Params,
    aux_params: Params,
    remove_amp_cast: bool = True,
) -> None:
    """Write `prefix-symbol.json` (without a symbol not) and the parameters of an epoch.

    With `remove_amp_cast` conversions between element types that `amp` has put in are left out.
    """
    if symbol is not None:
        symbol.save(f"{prefix}-symbol.json", remove_amp_cast=remove_amp_cast)
    name = f"{prefix}-{epoch:04d}.params"
    save_params(name, arg_params, aux_params)
    logging.info('Saved checkpoint to "%s"', name)


def load_params(prefix: str, epoch: int) -> tuple[Params, Params]:
    """Arguments and auxiliary states of an epoch, by name."""
    return split(nd.load(f"{prefix}-{epoch:04d}.params"))


def split(named: Any) -> tuple[Params, Params]:
    """Arguments and auxiliary states out of what a file has.

    Raises FileFormatError for a file without names.

    >>> split({"arg:w": nd.ones(1), "aux:m": nd.zeros(1)})[1]["m"].asnumpy()
    array([0.], dtype=float32)
    """
    if not named:
        logging.warning("Params file is empty")
        return {}, {}
    if not isinstance(named, dict):
        raise FileFormatError("the parameters have no names", rule="arg:<name> or aux:<name>")
    found: dict[str, Params] = {"arg": {}, "aux": {}}
    for key, array in named.items():
        kind, _, name = key.partition(":")
        if kind in found:
            found[kind][name] = array
    return found["arg"], found["aux"]


def load_checkpoint(prefix: str, epoch: int) -> tuple[Symbol, Params, Params]:
    """The symbol, the arguments and the auxiliary states of an epoch."""
    symbol = sym.load(f"{prefix}-symbol.json")
    return symbol, *load_params(prefix, epoch)
