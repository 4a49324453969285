"""Data parallelism for old programs."""

import pytest

import mxbook as mx
from mxbook.base.errors import MXNetError, ParameterError
from tests.module.networks import batches, network, ready, same, values


def manager(devices=2, **kwargs):
    contexts = [mx.cpu(i) for i in range(devices)]
    return mx.executor_manager.DataParallelExecutorManager(network(), contexts, batches(), **kwargs)


@pytest.mark.parametrize("loads", [None, [1, 3]])
def test_it_trains_like_a_module(loads):
    module = ready(context=[mx.cpu(0), mx.cpu(1)], work_load_list=loads)
    module.init_optimizer(kvstore=None, optimizer_params={"learning_rate": 0.1}, force_init=True)
    made = manager(work_load_list=loads)
    made.set_params(*module.get_params())
    update = mx.optimizer.get_updater(mx.optimizer.SGD(learning_rate=0.1, rescale_grad=0.25))
    update.optimizer.set_wd_mult({})
    metrics = [mx.metric.create("acc") for _ in range(2)]
    for batch in batches():
        module.forward_backward(batch)
        module.update()
        module.update_metric(metrics[0], batch.label)
        made.load_data_batch(batch)
        made.forward(is_train=True)
        made.backward()
        made.update_metric(metrics[1], batch.label)
        mx.model._update_params(made.param_arrays, made.grad_arrays, update, 2)
    found = tuple({n: mx.nd.zeros(a.shape) for n, a in p.items()} for p in module.get_params())
    made.copy_to(*found)
    same({n: a.asnumpy() for p in found for n, a in p.items()}, values(module))
    assert metrics[0].get() == metrics[1].get()
    assert len(made.aux_arrays) == 2


def test_a_network_for_each_length():
    def network_of(length):
        total = mx.sym.sum(mx.sym.var("data"), axis=1, keepdims=True)
        label = mx.sym.slice_axis(mx.sym.var("softmax_label"), axis=1, begin=0, end=1)
        out = mx.sym.FullyConnected(total, num_hidden=7, name="fc")
        return mx.sym.SoftmaxOutput(out, mx.sym.Reshape(label, shape=(-1,)), name="softmax")

    sentences = [[1, 2], [3, 4, 5], [2, 1], [4, 4, 4]]
    data = mx.rnn.BucketSentenceIter(sentences, 2, buckets=[2, 3], invalid_label=0)
    made = mx.executor_manager.DataParallelExecutorManager(
        network_of(3), [mx.cpu()], data, sym_gen=network_of
    )
    for batch in data:
        made.load_data_batch(batch)
        made.forward(is_train=True)
        made.backward()
        assert made.grad_arrays[0][0].shape == (7, 1)
    assert sorted(made.execgrp_bucket) == [2, 3]
    first, second = made.execgrp_bucket.values()
    assert first.param_arrays[0][0] is second.param_arrays[0][0]
    with pytest.raises(MXNetError, match="not implemented"):
        made.install_monitor(mx.mon.Monitor(1))


def test_a_monitor():
    made, monitor = manager(1), mx.mon.Monitor(1, pattern="fc2_output")
    made.install_monitor(monitor)
    made.load_data_batch(next(batches()))
    monitor.tic()
    made.forward()
    assert [name for _, name, _ in monitor.toc()] == ["fc2_output"]


def test_what_cannot_be():
    for use in (lambda m: m.forward(), lambda m: m.execgrp.forward()):
        with pytest.raises(MXNetError, match="no batch"):
            use(manager())
    group = mx.executor_manager.DataParallelExecutorGroup
    with pytest.raises(ParameterError, match="neither"):
        group(network(), ["other"], ["fc1_weight"], [mx.cpu()], [slice(0, 4)], batches())
