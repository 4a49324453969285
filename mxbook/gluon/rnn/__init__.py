"""`gluon.rnn`: recurrent networks.

Reading order: `recurrent.py` what a cell is and how it is unrolled, `rnn_cell.py` the cells RNN,
LSTM and GRU, `stacks.py` several cells as one, `modifiers.py` cells that change others;
`sequences.py` sequences as one array or a list of steps.
"""

from . import rnn_cell
from .modifiers import DropoutCell, ModifierCell, ResidualCell, ZoneoutCell
from .recurrent import HybridRecurrentCell, RecurrentCell
from .rnn_cell import GRUCell, LSTMCell, RNNCell
from .stacks import BidirectionalCell, HybridSequentialRNNCell, SequentialRNNCell
