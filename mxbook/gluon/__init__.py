"""Gluon: networks as Python objects.

Reading order: `parameter` (arrays that are learned), `block` (what holds them and computes), `nn`
(layers), `loss`, `trainer` (what changes the parameters), `rnn` (recurrent cells); `tracing` works
out unknown shapes, `loading` matches names in files.
"""

from . import block, contrib, data, loss, nn, parameter, rnn, trainer, utils
from .block import Block, HybridBlock
from .parameter import (
    Constant,
    DeferredInitializationError,
    Parameter,
    ParameterDict,
    tensor_types,
)
from .trainer import Trainer
