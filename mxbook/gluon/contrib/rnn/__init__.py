"""`gluon.contrib.rnn`: recurrent cells that convolve, that project, and one dropout for all steps.

`rnn_cell.py` VariationalDropoutCell and LSTMPCell, `conv_rnn_cell.py` the cells that convolve.
"""

from .conv_rnn_cell import (
    Conv1DGRUCell,
    Conv1DLSTMCell,
    Conv1DRNNCell,
    Conv2DGRUCell,
    Conv2DLSTMCell,
    Conv2DRNNCell,
    Conv3DGRUCell,
    Conv3DLSTMCell,
    Conv3DRNNCell,
)
from .rnn_cell import LSTMPCell, VariationalDropoutCell
