"""Answers that readers give to the exercises of chapter 15, and what they are told."""

import pytest

from .common import (  # noqa: F401 - the tests
    test_a_wrong_answer_is_told_why,
    test_the_solution_is_right,
    test_the_stub_is_still_to_do,
    test_there_are_wrong_answers_to_every_exercise,
)

pytest.importorskip("sklearn", reason="scikit-learn, which has the data, is not installed")

CHAPTER = "15"
COUNTED = (
    "counted = {{'steps in an epoch': {}, 'digits in the last batch': {}, 'steps in all': {}}}"
)
STEP = "def step(arrays, rate, batch_size):\n    for a in arrays:\n        {}"
STOP = """
def stop_at(losses, patience):
    best, waited = {best}, 0
    for epoch, loss in enumerate(losses, {start}):
        {body}
        if waited == patience:
            return epoch
    return len(losses)
"""
LOWER = "if loss < best: best, waited = loss, 0\n        else: waited += 1"
FIT = """
def fit(net, loss_of, x, y, epochs, size, rate):
    trainer = gluon.Trainer(net.collect_params(), "sgd", {{"learning_rate": rate}})
    losses = []
    for _ in range(epochs):
        total = 0
        for a, b in {batches}:
            with autograd.record():
                loss = {loss}
            {backward}
            {step}
            total += {add}
        losses.append({mean})
    return losses
"""
RIGHT = {
    "batches": "batches(x, y, size)",
    "loss": "loss_of(net(a), b)",
    "backward": "loss.backward()",
    "step": "trainer.step(len(a))",
    "add": "loss.sum().asscalar()",
    "mean": "total / len(x)",
}


def fit(**changes):
    """The loop with something else in some places."""
    return FIT.format(**{**RIGHT, **changes})


WRONG = {
    "15.1": [
        (COUNTED.format(20, 64, 400), "the other 17 are a batch as well"),
        (COUNTED.format(1297 / 64, 17, 405), "20 full ones and a rest"),
        (COUNTED.format(21, 64, 420), "not enough digits left for a last batch of 64"),
        (COUNTED.format(21, 17, 21), "over 20 epochs of 21 steps"),
        ("counted = [21, 17, 420]", "must be a dictionary"),
    ],
    "15.2": [
        (STEP.format("a[:] = a - rate * a.grad"), "times too long"),
        (STEP.format("a = a - rate * a.grad / batch_size"), "no array has changed"),
        (STEP.format("a += rate * a.grad / batch_size"), "it goes up"),
        (STEP.format("a -= a.grad / batch_size"), "the rate is missing"),
        (STEP.format("a -= rate * a.grad * batch_size"), "multiplies by batch_size"),
        (STEP.format("a -= rate * a.grad / batch_size; return a"), "only some of the arrays"),
        (STEP.format("a -= rate * a.gradient"), "raised AttributeError"),
    ],
    "15.3": [
        (
            "def stop_at(losses, patience):\n    return losses.index(min(losses)) + 1",
            "nobody knows it until the end",
        ),
        (
            STOP.format(best="float('inf')", start=0, body=LOWER),
            "Are epochs counted from 1?",
        ),
        (
            STOP.format(
                best="float('inf')",
                start=1,
                body="waited = 0 if loss < best else waited + 1\n        best = loss",
            ),
            "Compare with the lowest so far",
        ),
        (
            STOP.format(best="float('inf')", start=1, body=LOWER.replace("<", "<=")),
            "equal is not lower",
        ),
        (
            "def stop_at(losses, patience):\n    return patience + 1",
            "too early, because",
        ),
    ],
    "15.4": [
        (fit(step="trainer.step(1)"), "step(len(a)) divides the sum"),
        (
            fit(loss="loss_of(net(a), b).mean()", add="loss.asscalar() * len(a)"),
            "divide twice",
        ),
        (fit(backward="pass"), "loss.backward() is missing"),
        (fit(step="pass"), "no step was made"),
        (fit(mean="total"), "the losses are sums"),
        (fit(step="trainer.step(size)", batches="list(batches(x, y, size))[:2]"), "is missing"),
        (
            fit(batches="batches(x, y, 2 * size)"),
            "5, 5, 2 examples, and have 10",
        ),
        (
            fit(batches="[(x[i:i + size], y[i:i + size]) for i in range(0, len(x), size)]"),
            "shuffle each time",
        ),
        (
            fit(add="loss.mean().asscalar()", mean="total / -(-len(x) // size)"),
            "a mean of means",
        ),
        (fit(mean="total / len(x)").replace("return losses", "return 1.0"), "must return a list"),
    ],
}
