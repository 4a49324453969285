"""`mx.rnn`: recurrent cells made of symbols, as they were before Gluon.

`rnn_cell.py` what cells share; `basic_cells.py` RNN, LSTM, GRU; `fused_cell.py` whole networks in
one operator; `combined_cells.py`, `modifier_cells.py` cells around cells; `conv_cells.py` cells
with convolutions; `io.py` sentences as batches; `rnn.py` checkpoints.

Source: MXNet 1.6, `mxnet.rnn`.
"""

from mxbook.checkpoint import load_checkpoint, save_checkpoint
from mxbook.io import DataBatch, DataDesc, DataIter

from . import rnn_cell
from .basic_cells import DropoutCell, GRUCell, LSTMCell, RNNCell
from .combined_cells import BidirectionalCell, SequentialRNNCell
from .conv_cells import BaseConvRNNCell, ConvGRUCell, ConvLSTMCell, ConvRNNCell
from .fused_cell import FusedRNNCell
from .io import BucketSentenceIter, encode_sentences
from .modifier_cells import ModifierCell, ResidualCell, ZoneoutCell
from .rnn import do_rnn_checkpoint, load_rnn_checkpoint, rnn_unroll, save_rnn_checkpoint
from .rnn_cell import BaseRNNCell, RNNParams
