"""CTCLoss: all paths that spell a label; its examples try every path."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import IndexingError, OperationError, ShapeError
from mxbook.ndarray import registry as F
from mxbook.ops.families.ctc import _reference
from mxbook.testing.gradients import check_gradient


@st.composite
def batches(draw):
    """Scores, labels with their lengths, lengths of the scores, and which class is the blank."""
    steps, examples, classes = draw(st.integers(1, 5)), draw(st.integers(1, 3)), 3
    last = draw(st.booleans())
    longest = draw(st.integers(1, steps))
    real = st.integers(0, classes - 2) if last else st.integers(1, classes - 1)
    labels, counts, lengths = [], [], []
    for _ in range(examples):
        label = draw(st.lists(real, max_size=longest))
        least = len(label) + sum(a == b for a, b in pairwise(label))
        if least > steps:
            label, least = [], 0
        labels.append(label + [-1 if last else 0] * (longest - len(label)))
        counts.append(len(label))
        lengths.append(draw(st.integers(max(least, 1), steps)))
    seed = draw(st.integers(0, 100))
    scores = np.random.default_rng(seed).normal(size=(steps, examples, classes)) * 3
    return scores, labels, counts, lengths, "last" if last else "first"


def loss(scores, labels, counts, lengths, blank, **more):
    """The loss with both kinds of lengths."""
    return F.CTCLoss(
        scores if isinstance(scores, mx.nd.NDArray) else mx.nd.array(scores, dtype="float64"),
        mx.nd.array(labels),
        mx.nd.array(lengths),
        mx.nd.array(counts),
        use_data_lengths=True,
        use_label_lengths=True,
        blank_label=blank,
        **more,
    )


@settings(max_examples=30)
@given(batches())
def test_every_path_counts_once(batch):
    scores, labels, counts, lengths, blank = batch
    wanted = np.array(labels, float)
    expected = _reference(scores, wanted, lengths, counts, 0 if blank == "first" else 2)
    np.testing.assert_allclose(loss(*batch).asnumpy(), expected, rtol=1e-6, atol=1e-9)


@settings(max_examples=15)
@given(batches())
def test_the_gradient(batch):
    scores, labels, counts, lengths, blank = batch
    check_gradient(lambda x: loss(x, labels, counts, lengths, blank), scores)


@given(batches())
def test_lengths_follow_from_padding(batch):
    scores, labels, _, _, blank = batch
    counts = [sum(c not in (-1, 0) if blank == "first" else c >= 0 for c in row) for row in labels]
    full = [len(scores)] * len(labels)
    found = F.CTCLoss(
        mx.nd.array(scores, dtype="float64"), mx.nd.array(labels, dtype="int32"), blank_label=blank
    )
    np.testing.assert_allclose(found.asnumpy(), loss(scores, labels, counts, full, blank).asnumpy())


def test_what_cannot_be_spelled_has_no_loss():
    x = mx.nd.ones((3, 2, 3))
    x.attach_grad()
    with mx.autograd.record():
        found = F.CTCLoss(x, mx.nd.array([[1, 1, 0], [1, 1, 2]]))
    found.backward()
    assert found.asnumpy()[0] > 0 and found.asnumpy()[1] == 0
    assert x.grad[:, 0].asnumpy().any() and not x.grad[:, 1].asnumpy().any()


def test_long_sequences_of_certain_scores():
    scores = np.full((500, 1, 4), -500.0)
    scores[np.arange(500), 0, np.arange(500) // 125] = 500.0
    x = mx.nd.array(scores)
    x.attach_grad()
    with mx.autograd.record():
        found = F.CTCLoss(x, mx.nd.array([[1, 2, 3]]))
    found.backward()
    assert found.asscalar() == pytest.approx(0, abs=1e-3)
    assert np.isfinite(x.grad.asnumpy()).all()


def test_classes_and_lengths_are_rounded():
    x = mx.nd.array(np.random.default_rng(0).normal(size=(4, 1, 5)))
    plain = F.CTCLoss(x, mx.nd.array([[2, 3, 0]])).asscalar()
    assert F.CTCLoss(x, mx.nd.array([[1.5, 2.6, 0.4]])).asscalar() == plain


def test_errors():
    x = mx.nd.ones((4, 2, 3))
    with pytest.raises(ShapeError, match="do not fit into 4 steps"):
        F.CTCLoss(x, mx.nd.ones((2, 5)))
    with pytest.raises(ShapeError):
        F.CTCLoss(x, mx.nd.ones((3, 2)))
    with pytest.raises(ShapeError):
        F.CTCLoss(x, mx.nd.ones(2))
    with pytest.raises((IndexingError, OperationError), match="label holds 3"):
        F.CTCLoss(x, mx.nd.array([[1, 2], [3, 0]])).asnumpy()
    with pytest.raises((IndexingError, OperationError), match="data_lengths holds 5"):
        loss(x, [[1], [1]], [1, 1], [4, 5], "first").asnumpy()
