"""`gluon.contrib`: layers that are less settled than those of `gluon`; `rnn` recurrent cells."""

from . import rnn
