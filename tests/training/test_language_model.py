"""An LSTM writes Python's manual, letter by letter.

The text is `pydoc_data.topics`, the help pages that come with Python: each paragraph once, since
pages quote each other.  The last tenth is for testing.  To a model that guesses among k letters
with equal chances a text has the perplexity k; pairs of letters that were counted give the
baseline.
"""

import math
from pydoc_data.topics import topics

import numpy as np
import pytest

import mxbook as mx
from mxbook import autograd, gluon, nd
from mxbook.gluon import nn, rnn

pytestmark = pytest.mark.slow

BATCH, STEPS = 32, 50


class LanguageModel(gluon.HybridBlock):
    """Letters (steps, batch) and the LSTM's state to scores of the next letters, and the state."""

    def __init__(self, letters, hidden=192):
        super().__init__()
        with self.name_scope():
            self.embed = nn.Embedding(letters, 32)
            self.lstm = rnn.LSTM(hidden, input_size=32)
            self.output = nn.Dense(letters, flatten=False)

    def hybrid_forward(self, F, text, state):
        hidden, state = self.lstm(self.embed(text), state)
        return self.output(hidden), state


def corpus():
    """Numbers of letters: training and test texts; and how many different letters there are."""
    paragraphs = dict.fromkeys(p for page in topics.values() for p in page.split("\n\n"))
    letters, text = np.unique(list("\n\n".join(paragraphs)), return_inverse=True)
    train, test = np.split(text, [len(text) * 9 // 10])
    return train, test, len(letters)


def batches(text):
    """Pieces (steps, batch) of parallel streams, each with the letters that come next."""
    length = (len(text) - 1) // BATCH
    streams = text[: length * BATCH].reshape(BATCH, length).T
    nexts = text[1 : length * BATCH + 1].reshape(BATCH, length).T
    for start in range(0, length - STEPS + 1, STEPS):
        yield nd.array(streams[start : start + STEPS]), nd.array(nexts[start : start + STEPS])


def train_epoch(net, loss, trainer, text):
    state = net.lstm.begin_state(BATCH)
    for letters, nexts in batches(text):
        state = [s.detach() for s in state]
        with autograd.record():
            scores, state = net(letters, state)
            cost = loss(scores, nexts).mean()
        cost.backward()
        gradients = [p.grad() for p in net.collect_params().values()]
        gluon.utils.clip_global_norm(gradients, 1)
        trainer.step(1)


def perplexity(net, text):
    metric = mx.metric.Perplexity(ignore_label=None)
    state = net.lstm.begin_state(BATCH)
    for letters, nexts in batches(text):
        scores, state = net(letters, state)
        metric.update(nexts, scores.softmax())
    return metric.get()[1]


def perplexity_of_pairs(train, test, letters):
    """How well counted pairs of letters tell the next one; one more of each, so that none is 0."""
    counts = np.ones((letters, letters))
    np.add.at(counts, (train[:-1], train[1:]), 1)
    chances = counts / counts.sum(1, keepdims=True)
    return math.exp(-np.log(chances[test[:-1], test[1:]]).mean())


def test_lstm_foretells_letters_twice_as_well_as_pairs_do():
    train, test, letters = corpus()
    net = LanguageModel(letters)
    net.initialize(mx.init.Xavier())
    net.hybridize()
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    epochs = 5
    rate = mx.lr_scheduler.CosineScheduler(len(list(batches(train))) * epochs, 0.01)
    options = {"learning_rate": 0.01, "lr_scheduler": rate}
    trainer = gluon.Trainer(net.collect_params(), "adam", options)
    for _ in range(epochs):
        train_epoch(net, loss, trainer, train)
    assert perplexity(net, test) <= 0.5 * perplexity_of_pairs(train, test, letters)
