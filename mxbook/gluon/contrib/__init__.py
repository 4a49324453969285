"""`gluon.contrib`: what is less settled than the rest of `gluon`.

`estimator` the training loop with handlers; `nn` layers, `cnn` convolutions, `rnn` recurrent cells;
`data` samplers and texts.
"""

from . import cnn, data, estimator, nn, rnn
