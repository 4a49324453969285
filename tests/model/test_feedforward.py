"""FeedForward."""

import pickle

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import DTypeError, MXNetError, ParameterError
from tests.module.networks import X, Y, batches, network, same


def model(**kwargs):
    options = {"num_epoch": 2, "learning_rate": 0.1, "numpy_batch_size": 4, **kwargs}
    return mx.model.FeedForward(network(), initializer=mx.init.Xavier(), **options)


def arrays(trained):
    return {n: a.asnumpy() for n, a in {**trained.arg_params, **trained.aux_params}.items()}


@pytest.mark.parametrize("devices", [1, 2])
def test_it_trains_like_a_module(devices):
    context = [mx.cpu(i) for i in range(devices)]
    trained = model(ctx=context, momentum=0.9)
    trained._init_params([("data", (4, 5)), ("softmax_label", (4,))])
    module = mx.mod.Module(network(), context=context)
    module.fit(
        batches(),
        num_epoch=2,
        arg_params={n: a.copy() for n, a in trained.arg_params.items()},
        aux_params={n: a.copy() for n, a in trained.aux_params.items()},
        optimizer_params={"learning_rate": 0.1, "momentum": 0.9},
    )
    trained.fit(batches())
    same(arrays(trained), {n: a.asnumpy() for p in module.get_params() for n, a in p.items()})


@pytest.mark.parametrize("size", [None, 2, 5])
def test_batches_of_an_epoch(size, caplog):
    caplog.set_level("INFO")
    seen = []
    trained = model(epoch_size=size)
    trained.fit(batches(), batch_end_callback=lambda p: seen.append((p.epoch, p.nbatch)))
    count = size or 3
    assert seen == [(e, n) for e in range(2) for n in range(1, count + 1)]
    resets = caplog.text.count("Resetting Data Iterator")
    assert resets == {None: 2, 2: 1, 5: 3}[size]


def test_evaluation(caplog):
    caplog.set_level("INFO")
    seen = []
    model().fit(
        X, Y, eval_data=(X[:4], Y[:4]), eval_batch_end_callback=lambda p: seen.append(p.nbatch)
    )
    assert "Validation-accuracy" in caplog.text
    assert seen == [0, 0]
    for wrong in (3, (None, Y)):
        with pytest.raises((DTypeError, ParameterError)):
            model().fit(X, Y, eval_data=wrong)


def test_use():
    trained = model()
    trained.fit(X, Y, eval_metric="ce")
    found = trained.predict(batches())
    assert (found.shape, type(found)) == ((12, 3), np.ndarray)
    np.testing.assert_allclose(trained.predict(X), found, rtol=1e-5)
    assert trained.predict(X, num_batch=2).shape == (8, 3)
    ten = mx.io.NDArrayIter(X[:10], Y[:10], batch_size=4)
    outputs, data, labels = trained.predict(ten, return_data=True)
    assert (data == X[:10]).all()
    assert (labels == Y[:10]).all()
    np.testing.assert_allclose(outputs, found[:10], rtol=1e-5)
    assert trained.score(batches()) == (found.argmax(1) == Y).mean()
    counted = []
    trained.score(batches(), num_batch=2, batch_end_callback=lambda p: counted.append(p.nbatch))
    assert counted == [0, 1]


def test_there_and_back(tmp_path):
    trained, prefix = model(), str(tmp_path / "net")
    trained.fit(X, Y)
    trained.save(prefix)
    again = mx.model.FeedForward.load(prefix, 2, num_epoch=3)
    assert again.begin_epoch == 2
    np.testing.assert_allclose(again.predict(X), trained.predict(X), rtol=1e-6)
    np.testing.assert_allclose(
        pickle.loads(pickle.dumps(trained)).predict(X), trained.predict(X), rtol=1e-6
    )
    again.fit(X, Y)
    with pytest.raises(ParameterError, match="epoch"):
        mx.model.FeedForward(network()).save(prefix)


def test_create():
    made = mx.model.FeedForward.create(network(), X, Y, num_epoch=1, numpy_batch_size=6)
    assert made.predict(X).shape == (12, 3)


def test_given_parameters():
    given = {"fc1_bias": mx.nd.ones(4), "other": mx.nd.ones(1)}
    trained = model(arg_params=given, learning_rate=0.0, allow_extra_params=True)
    trained.fit(X, Y)
    assert "other" not in trained.arg_params
    assert trained.arg_params["fc1_bias"].asnumpy().tolist() == [1, 1, 1, 1]


def test_a_network_for_each_length():
    def network_of(length):
        total = mx.sym.sum(mx.sym.var("data"), axis=1, keepdims=True)
        out = mx.sym.FullyConnected(total, num_hidden=7, name="fc")
        label = mx.sym.slice_axis(mx.sym.var("softmax_label"), axis=1, begin=0, end=1)
        return mx.sym.SoftmaxOutput(out, mx.sym.Reshape(label, shape=(-1,)), name="softmax")

    sentences = [[1, 2], [3, 4, 5], [2, 1], [4, 4, 4]]
    data = mx.rnn.BucketSentenceIter(sentences, 2, buckets=[2, 3], invalid_label=0)
    trained = mx.model.FeedForward(network_of, num_epoch=2, learning_rate=0.1)
    trained.fit(data, eval_metric=mx.metric.Loss())
    assert sorted(trained.arg_params) == ["fc_bias", "fc_weight"]


def test_what_cannot_be():
    with pytest.raises(ParameterError, match="y must be specified"):
        model().fit(X)
    with pytest.raises(ParameterError, match="12 examples"):
        model().fit(X, Y[:3])
    for use in (lambda m: m.fit(3), lambda m: m.predict(3)):
        with pytest.raises(DTypeError):
            use(model())
    with pytest.raises(ParameterError, match="number of epochs"):
        model(num_epoch=None).fit(X, Y)
    with pytest.raises(MXNetError, match="do not follow"):
        model()._init_params([("softmax_label", (4,))])
