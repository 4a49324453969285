"""An LSTM reads numbers of several digits that nobody cut apart: connectionist temporal loss.

Strips of three to five of scikit-learn's digits, 8 pixels high, with gaps of up to three columns;
which column belongs to which digit is not told.  Test strips have digits that training strips
do not have.  Who knew the lengths and guessed the digits would have an error of 90 %.
"""

import numpy as np
import pytest
from sklearn.datasets import load_digits

import mxbook as mx
from mxbook import autograd, gluon, nd
from mxbook.gluon import nn, rnn

pytestmark = pytest.mark.slow

WIDTH, LONGEST, BLANK = 56, 5, 10


def strips(images, labels, count):
    """Pictures (count, WIDTH columns, 8 rows) and the digits on them, filled up with -1."""
    pictures = np.zeros((count, WIDTH, 8), "float32")
    texts = np.full((count, LONGEST), -1, "float32")
    for picture, text in zip(pictures, texts, strict=True):
        column = 0
        for i, k in enumerate(np.random.choice(len(images), np.random.randint(3, LONGEST + 1))):
            column += np.random.randint(4)
            picture[column : column + 8] = images[k].T / 16
            text[i] = labels[k]
            column += 8
    return nd.array(pictures).reshape((0, -1, 16)), nd.array(texts)


def reader():
    net = nn.HybridSequential()
    net.add(
        rnn.LSTM(96, layout="NTC", bidirectional=True, input_size=16),
        nn.Dropout(0.5),
        nn.Dense(BLANK + 1, flatten=False),
    )
    return net


def read(scores):
    """The best label of each column; repeated ones once, and no blanks."""
    for row in scores.argmax(axis=2).asnumpy().astype(int).tolist():
        yield [k for before, k in zip([BLANK, *row], row, strict=False) if k not in (before, BLANK)]


def distance(a, b):
    """How many labels must be put in, left out or changed to make one text of the other."""
    row = range(len(b) + 1)
    for i, x in enumerate(a, 1):
        last, row = row, [i]
        for j, y in enumerate(b):
            row.append(min(last[j] + (x != y), last[j + 1] + 1, row[j] + 1))
    return row[-1]


def error(net, pictures, texts):
    """Wrong labels per label."""
    wanted = [[int(k) for k in text if k >= 0] for text in texts.asnumpy()]
    wrong = sum(map(distance, read(net(pictures)), wanted))
    return wrong / sum(map(len, wanted))


def test_labels_of_uncut_strips():
    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8)
    net = reader()
    net.initialize(mx.init.Xavier())
    net.hybridize()
    loss = gluon.loss.CTCLoss()
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.005})
    test = strips(images[1400:], labels[1400:], 400)
    for _ in range(600):
        pictures, texts = strips(images[:1400], labels[:1400], 64)
        with autograd.record():
            cost = loss(net(pictures), texts).mean()
        cost.backward()
        gluon.utils.clip_global_norm([p.grad() for p in net.collect_params().values()], 1)
        trainer.step(1)
    assert error(net, *test) <= 0.10
