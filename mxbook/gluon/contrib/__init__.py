"""`gluon.contrib`: layers that are less settled than those of `gluon`; `nn` a sparse table, `rnn`
recurrent cells."""

from . import nn, rnn
