"""Small networks that are trained for twenty batches; runs in mxbook and in real MXNet."""

import random

import numpy as np

BATCH, BATCHES = 8, 20
RANDOM = np.random.RandomState(7)
IMAGES = RANDOM.uniform(-1, 1, (40, 1, 6, 6)).astype("float32")
FLAT = IMAGES.reshape(40, 36)[:, :10]
LABELS = RANDOM.randint(0, 3, 40).astype("float32")
OPTIONS = {"learning_rate": 0.1, "momentum": 0.9, "wd": 1e-3}


def dense(mx):
    """Two layers, the first of which learns twice as fast."""
    weight = mx.sym.var("fc1_weight", lr_mult=2.0, wd_mult=0.5)
    h = mx.sym.FullyConnected(mx.sym.var("data"), weight=weight, num_hidden=5, name="fc1")
    h = mx.sym.Activation(h, act_type="tanh", name="act")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(h, num_hidden=3, name="fc2"), name="softmax")


def convolutional(mx):
    """A convolution with BatchNorm, whose moving means are auxiliary states."""
    h = mx.sym.Convolution(mx.sym.var("data"), num_filter=2, kernel=(3, 3), name="conv")
    h = mx.sym.BatchNorm(h, fix_gamma=False, name="bn")
    h = mx.sym.Pooling(mx.sym.Activation(h, act_type="relu"), kernel=(2, 2), pool_type="max")
    h = mx.sym.FullyConnected(mx.sym.Flatten(h), num_hidden=3, name="fc")
    return mx.sym.SoftmaxOutput(h, name="softmax")


def summary(module, metric) -> dict:
    """Parameters, auxiliary states and metric after a training."""
    arrays = {name: a for params in module.get_params() for name, a in params.items()}
    found = {name: a.asnumpy().ravel().tolist() for name, a in sorted(arrays.items())}
    return {**found, "metric": list(map(float, metric.get()[1]))}


def train(mx, make, data, devices=1, optimizer="sgd", options=OPTIONS, kvstore="local", **kwargs):
    """Train a network."""
    mx.random.seed(11)
    context = [mx.cpu(i) for i in range(devices)]
    module = mx.mod.Module(make(mx), context=context, **kwargs)
    batches = mx.io.NDArrayIter(data, LABELS, batch_size=BATCH)
    module.bind(batches.provide_data, batches.provide_label)
    module.init_params(mx.init.Xavier())
    module.init_optimizer(kvstore, optimizer, options)
    metric = mx.metric.create(["acc", "ce"])
    for _ in range(BATCHES * BATCH // len(data)):
        batches.reset()
        for batch in batches:
            module.forward_backward(batch)
            module.update()
            module.update_metric(metric, batch.label)
    return summary(module, metric)


def scheduled(mx):
    """LARS while the learning rate falls."""
    schedule = mx.lr_scheduler.FactorScheduler(5, 0.5, base_lr=0.1)
    options = {"learning_rate": 0.1, "momentum": 0.9, "eta": 0.1, "lr_scheduler": schedule}
    return train(mx, dense, FLAT, optimizer="lars", options=options)


def bucketing(mx):
    """Sentences of three lengths, read by two cells, on two devices."""

    def network(length):
        words = mx.sym.Embedding(mx.sym.var("data"), input_dim=7, output_dim=3, name="embed")
        cells = mx.rnn.SequentialRNNCell()
        cells.add(mx.rnn.LSTMCell(4, prefix="lstm_"))
        cells.add(mx.rnn.GRUCell(4, prefix="gru_"))
        out, _ = cells.unroll(length, inputs=words, merge_outputs=True)
        out = mx.sym.FullyConnected(mx.sym.Reshape(out, shape=(-1, 4)), num_hidden=7, name="out")
        labels = mx.sym.Reshape(mx.sym.var("softmax_label"), shape=(-1,))
        options = {"ignore_label": 0, "use_ignore": True, "name": "softmax"}
        return mx.sym.SoftmaxOutput(out, labels, **options), ("data",), ("softmax_label",)

    source = np.random.RandomState(2)
    sentences = [list(source.randint(1, 7, source.randint(2, 6))) for _ in range(40)]
    random.seed(4)
    np.random.seed(4)
    mx.random.seed(4)
    batches = mx.rnn.BucketSentenceIter(sentences, 4, buckets=[2, 4, 5], invalid_label=0)
    module = mx.mod.BucketingModule(network, batches.default_bucket_key, context=two(mx))
    metric = mx.metric.CompositeEvalMetric([mx.metric.Perplexity(0)])
    module.fit(batches, num_epoch=2, initializer=mx.init.Xavier(), eval_metric=metric)
    return summary(module, metric)


def two(mx):
    """Two devices."""
    return [mx.cpu(0), mx.cpu(1)]


def sequential(mx):
    """A module with a layer, and a loss in Python behind it."""

    def gradient(scores, labels):
        found = np.exp(scores.asnumpy())
        found /= found.sum(axis=1, keepdims=True)
        found[np.arange(len(found)), labels.asnumpy().astype(int)] -= 1
        return found

    mx.random.seed(11)
    layer = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=3, name="fc")
    whole = mx.mod.SequentialModule()
    whole.add(mx.mod.Module(layer, label_names=None))
    loss = mx.mod.PythonLossModule(grad_func=gradient)
    whole.add(loss, take_labels=True, auto_wiring=True)
    metric = mx.metric.create(["acc"])
    batches = mx.io.NDArrayIter(FLAT, LABELS, batch_size=BATCH)
    whole.fit(batches, num_epoch=4, initializer=mx.init.Xavier(), eval_metric=metric)
    return summary(whole, metric)


TRAININGS = {
    "dense": lambda mx: train(mx, dense, FLAT),
    "dense-adam": lambda mx: train(mx, dense, FLAT, 1, "adam", {"learning_rate": 0.01}),
    "dense-fixed": lambda mx: train(mx, dense, FLAT, fixed_param_names=["fc1_weight", "fc2_bias"]),
    "dense-three": lambda mx: train(mx, dense, FLAT, 3),
    "dense-loads": lambda mx: train(mx, dense, FLAT, 2, work_load_list=[1, 3]),
    "dense-device": lambda mx: train(mx, dense, FLAT, 2, kvstore="device"),
    "dense-alone": lambda mx: train(mx, dense, FLAT, 2, kvstore=None),
    "convolutional": lambda mx: train(mx, convolutional, IMAGES),
    "convolutional-two": lambda mx: train(mx, convolutional, IMAGES, 2),
    "scheduled": scheduled,
    "bucketing": bucketing,
    "sequential": sequential,
}
