"""The names of `mx.model`."""

import mxbook as mx


def test_what_there_is():
    assert mx.model.BatchEndParam(1, 2, None, {})[:2] == (1, 2)
    assert mx.model.BatchEndParam._fields == ("epoch", "nbatch", "eval_metric", "locals")
    assert mx.model.load_checkpoint is mx.rnn.load_checkpoint
    assert mx.model._create_kvstore("local", 1, {}) == (None, False)
    assert mx.model.SKLEARN_INSTALLED is False
