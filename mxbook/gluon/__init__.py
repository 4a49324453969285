"""Gluon: networks as Python objects.

Reading order: `parameter` (arrays that are learned), `block` (what holds them and computes), `nn`
(layers), `loss`, `trainer` (what changes the parameters), `rnn` (recurrent cells); `hybrid_block`,
`tracing` and `cached_graph` make graphs from blocks, `symbol_block` blocks from graphs; `loading`
matches names in files; `model_zoo` has networks for pictures.
"""

from . import block, contrib, data, loss, model_zoo, nn, parameter, rnn, trainer, utils
from .block import Block, HybridBlock, SymbolBlock
from .parameter import (
    Constant,
    DeferredInitializationError,
    Parameter,
    ParameterDict,
    tensor_types,
)
from .trainer import Trainer
