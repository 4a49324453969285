"""Writes golden.json beside this file: what the metrics of real MXNet 1.6 answer.

    <python with mxnet 1.6> tests/metric/make_golden.py

Each case has the text that makes the metric, and steps: `update` with lists of labels and
predictions, `reset_local`, `reset`.  After each step it notes get(), get_global() and num_inst.
"""

import builtins
import json
import os

import numpy as np

for old in ("bool", "int", "float", "object", "complex", "str"):  # MXNet 1.6 asks for NumPy < 1.24
    setattr(np, old, getattr(builtins, old))
import mxnet as mx  # noqa: E402

rng = np.random.RandomState(7)


def labels(classes, *shape):
    """Class numbers."""
    return rng.randint(0, classes, shape).astype("float32")


def probabilities(*shape):
    """Positive numbers that add up to 1 along the last axis."""
    x = rng.uniform(0.05, 1, shape).astype("float32")
    return (x / x.sum(axis=-1, keepdims=True)).round(3)


def numbers(*shape):
    """Numbers around 0."""
    return rng.normal(size=shape).astype("float32").round(3)


def scores(classes, count=6):
    """A batch of a classifier."""
    return [labels(classes, count)], [probabilities(count, classes)]


def steps(*batches):
    """The same use of every metric: what is forgotten when."""
    a, b, c = batches
    return [a, b, "reset_local", c, a, "reset", b]


def three(make):
    """Three batches."""
    return steps(*[make() for _ in range(3)])


def pair(make_label, make_pred):
    """A batch of one array each."""
    return [make_label], [make_pred]


def cases():
    """Texts that make a metric, and what is done with it."""
    for text in ("Accuracy()", "TopKAccuracy(2)", "TopKAccuracy(top_k=3)", "PCC()"):
        yield text, three(lambda: scores(4))
        yield (
            text,
            three(
                lambda: ([labels(4, 3), labels(4, 5)], [probabilities(3, 4), probabilities(5, 4)])
            ),
        )
    yield "Accuracy()", three(lambda: pair(labels(2, 5, 3), labels(2, 5, 3)))
    yield "Accuracy(axis=2)", three(lambda: pair(labels(3, 2, 4), probabilities(2, 4, 3)))
    yield "PCC()", steps(scores(2), scores(5), scores(3))
    yield "PCC()", three(lambda: pair(np.ones(3, "float32"), probabilities(3, 2)))
    for text in ("F1()", "F1(average='micro')", "MCC()", "MCC(average='micro')"):
        yield text, three(lambda: scores(2, 9))
        yield (
            text,
            three(
                lambda: ([labels(2, 3), labels(2, 5)], [probabilities(3, 2), probabilities(5, 2)])
            ),
        )
        yield text, three(lambda: pair(np.zeros(4, "float32"), probabilities(4, 2)))
    for text in ("MAE()", "MSE()", "RMSE()", "PearsonCorrelation()"):
        yield text, three(lambda: pair(numbers(4, 3), numbers(4, 3)))
        yield text, three(lambda: ([numbers(4), numbers(2)], [numbers(4), numbers(2)]))
    yield "MSE()", three(lambda: pair(numbers(4), numbers(4, 1)))
    for text in (
        "CrossEntropy()",
        "CrossEntropy(eps=0.1)",
        "NegativeLogLikelihood()",
        "Perplexity(None)",
    ):
        yield text, three(lambda: scores(4))
        yield (
            text,
            three(
                lambda: ([labels(3, 2), labels(3, 5)], [probabilities(2, 3), probabilities(5, 3)])
            ),
        )
    yield "Perplexity(ignore_label=1)", three(lambda: scores(3))
    yield "Perplexity(0, axis=0)", three(lambda: scores(6))
    for text in ("Loss()", "Torch()", "Caffe()"):
        yield text, three(lambda: ([labels(2, 1)], [numbers(4, 2), numbers(3)]))
    yield "CompositeEvalMetric(['acc', 'ce', 'mcc'])", three(lambda: scores(2))


def short(array):
    """The shortest numbers that are the array's elements in float32."""
    return np.array(array, "float64").round(3).tolist()


def run(text, todo):
    """One case with MXNet's answers."""
    metric, noted = eval("mx.metric." + text), []
    for step in todo:
        if isinstance(step, str):
            getattr(metric, step)()
        else:
            metric.update(*[[mx.nd.array(a) for a in side] for side in step])
        noted.append([metric.get(), metric.get_global(), getattr(metric, "num_inst", None)])
    plain = [s if isinstance(s, str) else [[short(a) for a in side] for side in s] for s in todo]
    return {"metric": text, "steps": plain, "answers": noted}


if __name__ == "__main__":
    where = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden.json")
    with open(where, "w") as stream:
        lines = [json.dumps(run(*case), default=float) for case in cases()]
        stream.write("[\n" + ",\n".join(lines) + "\n]\n")
