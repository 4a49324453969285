"""`mx.model`: checkpoints, and `FeedForward`, which came before `mx.mod.Module`.

Source: MXNet 1.6, `mxnet.model`.
"""

from mxbook.callback import BatchEndParam
from mxbook.checkpoint import load_checkpoint, load_params, save_checkpoint
from mxbook.kvstore.exchange import create_for as _create_kvstore
from mxbook.kvstore.exchange import fill as _initialize_kvstore
from mxbook.kvstore.exchange import update_on_devices as _update_params
from mxbook.kvstore.exchange import update_on_store as _update_params_on_kvstore

from .feedforward import FeedForward

SKLEARN_INSTALLED = False  # FeedForward is no scikit-learn estimator here
BASE_ESTIMATOR = object
