"""`gluon.rnn`: recurrent networks.

Reading order: `recurrent.py` what a cell is and how it is unrolled, `rnn_cell.py` the cells RNN,
LSTM and GRU, `stacks.py` several cells as one, `modifiers.py` cells that change others,
`rnn_layer.py` layers that compute whole sequences at once; `sequences.py` sequences as one array or
a list of steps.
"""

from . import rnn_cell, rnn_layer
from .modifiers import DropoutCell, ModifierCell, ResidualCell, ZoneoutCell
from .recurrent import HybridRecurrentCell, RecurrentCell
from .rnn_cell import GRUCell, LSTMCell, RNNCell
from .rnn_layer import GRU, LSTM, RNN
from .stacks import BidirectionalCell, HybridSequentialRNNCell, SequentialRNNCell
