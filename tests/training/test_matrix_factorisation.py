"""A recommender completes pictures, trained as a Module.

The users are scikit-learn's 1,797 digits, the items their 8 x 8 pixels, and what a user thinks of
an item is the darkness, 0 to 16.  A fifth of these is hidden.  The baseline adds the mean of the
picture and that of the pixel, and is off by 4.4; factors are off by 2.9.
"""

import numpy as np
import pytest
from sklearn.datasets import load_digits

import mxbook as mx

pytestmark = pytest.mark.slow


def factorisation(users, items, rank):
    """A score is the product of two vectors, one for the user and one for the item, and biases."""
    user, item = mx.sym.var("user"), mx.sym.var("item")
    taste = mx.sym.Embedding(user, input_dim=users, output_dim=rank, name="taste")
    nature = mx.sym.Embedding(item, input_dim=items, output_dim=rank, name="nature")
    liking = mx.sym.Embedding(user, input_dim=users, output_dim=1, name="liking")
    fame = mx.sym.Embedding(item, input_dim=items, output_dim=1, name="fame")
    score = mx.sym.sum(taste * nature, axis=1, keepdims=True) + liking + fame
    return mx.sym.LinearRegressionOutput(score, mx.sym.var("score"), name="output")


def ratings():
    """(user, item, score) of four fifths of the pixels, and of the others."""
    scores = load_digits().data
    users, items = np.indices(scores.shape)
    table = np.stack([users.ravel(), items.ravel(), scores.ravel()], 1)
    return np.split(np.random.permutation(table), [len(table) * 4 // 5])


def batches(table, size=1000, shuffle=False):
    user, item, score = table.T
    return mx.io.NDArrayIter({"user": user, "item": item}, {"score": score}, size, shuffle)


def error_of_means(train, test):
    """What two means, of the row and of the column, leave unexplained."""
    overall = train[:, 2].mean()
    guess = np.full(len(test), overall)
    for column in (0, 1):
        group = train[:, column].astype(int)
        mean = np.bincount(group, train[:, 2] - overall) / np.bincount(group)
        guess += mean[test[:, column].astype(int)]
    return np.sqrt(np.square(guess - test[:, 2]).mean())


def test_factors_leave_two_thirds_of_the_error_of_means():
    train, test = ratings()
    module = mx.mod.Module(factorisation(1797, 64, rank=16), ("user", "item"), ("score",))
    module.fit(
        batches(train, shuffle=True),
        eval_metric="rmse",
        optimizer="adam",
        optimizer_params={"learning_rate": 0.02, "wd": 0.0005},
        initializer=mx.init.Normal(0.1),
        num_epoch=12,
    )
    [(_, error)] = module.score(batches(test), "rmse")
    assert error < 0.7 * error_of_means(train, test)
