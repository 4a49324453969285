"""Modules written in Python."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import MXNetError, ParameterError

SHAPES = ([("data", (2, 3))], [("softmax_label", (2, 3))])


class Doubled(mx.mod.PythonModule):
    """Twice the data."""

    def __init__(self):
        super().__init__(["data"], None, ["doubled"])

    def _compute_output_shapes(self):
        return [("doubled", self.data_shapes[0].shape)]

    def forward(self, data_batch, is_train=None):
        self._found = [2 * array for array in data_batch.data]

    def get_outputs(self, merge_multi_context=True):
        return self._found


def test_a_module_without_parameters():
    module = Doubled()
    assert (module.data_names, module.output_names) == (["data"], ["doubled"])
    module.bind([("data", (2, 3))])
    module.init_params()
    module.init_optimizer()
    module.update()
    assert module.get_params() == ({}, {})
    assert module.output_shapes == [("doubled", (2, 3))]
    assert module.label_shapes is None
    assert module.predict(mx.nd.ones((2, 3))).asnumpy().tolist() == [[2, 2, 2]] * 2
    module.update_metric(mx.metric.Accuracy(), None)  # nothing without labels


def test_binding(caplog):
    module = Doubled()
    with pytest.raises(ParameterError, match="write"):
        module.bind([("data", (2, 3))], grad_req="add")
    with pytest.raises(ParameterError, match="don't match"):
        module.bind([("other", (2, 3))])
    module.bind([("data", (2, 3))])
    module.bind([("data", (4, 3))])
    assert "Already bound" in caplog.text
    module.bind([("data", (4, 3))], force_rebind=True)
    assert module.data_shapes[0].shape == (4, 3)
    with pytest.raises(MXNetError, match="_compute_output_shapes"):
        mx.mod.PythonModule(["data"], None, []).bind([("data", (4, 3))])


def loss(**kwargs):
    module = mx.mod.PythonLossModule(**kwargs)
    module.bind(*SHAPES)
    module.init_params()
    return module


def test_a_loss():
    module = loss(grad_func=lambda scores, labels: (scores - labels).asnumpy())
    scores, labels = mx.nd.ones((2, 3)) * 3, mx.nd.ones((2, 3))
    module.forward(mx.io.DataBatch([scores], [labels]))
    module.backward()
    assert module.get_outputs()[0] is scores
    assert (module.get_input_grads()[0].asnumpy() == 2).all()
    assert module.output_shapes == [("pyloss_output", (2, 3))]
    metric = mx.metric.MSE()
    module.update_metric(metric, [labels])
    assert metric.get()[1] == 4
    with pytest.raises(ParameterError, match="presliced"):
        module.update_metric(metric, [labels], pre_sliced=True)


def test_what_a_loss_cannot():
    with pytest.raises(MXNetError, match="end of a network"):
        loss(grad_func=np.subtract).backward([mx.nd.ones(1)])
    with pytest.raises(MXNetError, match="must define grad_func"):
        loss().backward()
    with pytest.raises(MXNetError, match="executor"):
        loss().install_monitor(None)
    for wrong in ({"data_names": ["a", "b"]}, {"grad_func": 3}):
        with pytest.raises(ParameterError):
            mx.mod.PythonLossModule(**wrong)
