"""A recurrent net foretells a week of weather, with how sure it is: a small DeepAR.

Four years of days in Seattle (`vega_datasets`): the highest and lowest temperature and the wind.
The net gives a normal distribution for tomorrow; a forecast of a week draws from it day by day
and gives what it drew back to the net.  The baseline foretells what the same day of the year
before had.  The net sees 2012 to 2014 and is tested on each week of 2015.

Salinas et al., DeepAR: probabilistic forecasting with autoregressive recurrent networks, 2017.
"""

import math

import numpy as np
import pytest
from vega_datasets import data

import mxbook as mx
from mxbook import autograd, gluon, nd
from mxbook.gluon import nn, rnn

pytestmark = pytest.mark.slow

SERIES = ["temp_max", "temp_min", "wind"]
PAST, WEEK = 28, 7
TEST = 3 * 365 + 1  # the first day of 2015


class DeepAR(gluon.HybridBlock):
    """Mean and logarithm of the deviation of the next value, from the values before.

    values (n, days), features (n, days, 5) and the LSTM's state give two of (n, days).
    """

    def __init__(self, hidden=40):
        super().__init__()
        with self.name_scope():
            self.lstm = rnn.LSTM(hidden, layout="NTC", input_size=1 + 5)
            self.mean = nn.Dense(1, flatten=False)
            self.deviation = nn.Dense(1, flatten=False)

    def hybrid_forward(self, F, values, features, state):
        hidden, state = self.lstm(F.concat(values.expand_dims(2), features, dim=2), state)
        mean, deviation = self.mean(hidden), self.deviation(hidden)
        return mean.squeeze(axis=2), deviation.squeeze(axis=2), state


def weather():
    """Values (series, days), scaled by those before the test."""
    values = data.seattle_weather()[SERIES].to_numpy("float32").T
    centre, scale = (f(values[:, :TEST], axis=1, keepdims=True) for f in (np.mean, np.std))
    return (values - centre) / scale


def windows(values, rows, starts, length):
    """Values (n, length) from the given days on, and features: season and series."""
    days = starts[:, None] + np.arange(length)
    year = 2 * math.pi * days / 365.25
    kind = np.repeat(np.eye(len(SERIES))[rows][:, None], length, axis=1)
    features = np.concatenate([np.sin(year)[..., None], np.cos(year)[..., None], kind], axis=2)
    return nd.array(values[rows[:, None], days]), nd.array(features)


def surprise(value, mean, deviation):
    """The negative logarithm of the normal density, without its constant."""
    return (((value - mean) / deviation.exp()).square() / 2 + deviation).mean()


def train(net, values, steps, batch=64):
    rate = mx.lr_scheduler.CosineScheduler(steps, 0.01)
    options = {"learning_rate": 0.01, "lr_scheduler": rate}
    trainer = gluon.Trainer(net.collect_params(), "adam", options)
    for _ in range(steps):
        rows = np.random.randint(len(SERIES), size=batch)
        starts = np.random.randint(TEST - PAST - WEEK, size=batch)
        x, features = windows(values, rows, starts, PAST + WEEK)
        with autograd.record():
            mean, deviation, _ = net(x[:, :-1], features[:, 1:], net.lstm.begin_state(batch))
            cost = surprise(x[:, 1:], mean, deviation)
        cost.backward()
        trainer.step(1)


def forecast(net, past, features, paths=100):
    """Weeks (paths, n, days) drawn from what the net expects after the past (n, days)."""
    past, features = nd.tile(past, (paths, 1)), nd.tile(features, (paths, 1, 1))
    mean, deviation, state = net(past, features[:, 1 : PAST + 1], net.lstm.begin_state(len(past)))
    drawn = []
    for day in range(WEEK):
        value = nd.random.normal(mean[:, -1:], deviation[:, -1:].exp())
        drawn.append(value)
        if day + 1 < WEEK:
            mean, deviation, state = net(value, features[:, PAST + day + 1 : PAST + day + 2], state)
    return nd.concat(*drawn, dim=1).reshape((paths, -1, WEEK)).asnumpy()


def test_deepar_is_better_than_the_year_before():
    values = weather()
    net = DeepAR()
    net.initialize(mx.init.Xavier())
    net.hybridize()
    train(net, values, steps=600)
    weeks = np.arange(TEST, TEST + 365 - WEEK, WEEK)
    rows = np.repeat(np.arange(len(SERIES)), len(weeks))
    starts = np.tile(weeks, len(SERIES))
    past_and_week, features = windows(values, rows, starts - PAST, PAST + WEEK)
    paths = forecast(net, past_and_week[:, :PAST], features)
    week = past_and_week[:, PAST:].asnumpy()
    year_before, _ = windows(values, rows, starts - 365, WEEK)
    low, median, high = np.quantile(paths, (0.1, 0.5, 0.9), axis=0)
    error = abs(median - week).mean()
    naive = abs(year_before.asnumpy() - week).mean()
    inside = ((low <= week) & (week <= high)).mean()
    assert error < 0.8 * naive
    assert 0.7 < inside < 0.9
