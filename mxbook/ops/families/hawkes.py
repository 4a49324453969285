"""Hawkes processes: events that make further events more likely, as earthquakes and trades do."""

from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import TYPES
from mxbook.base.errors import DTypeError, IndexingError, ShapeError
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.params import Bool
from mxbook.ops.registry import operator


def _events(xp: Any, marks: Any, valid_length: Any, kinds: int) -> Any:
    """(examples, events, kinds): 1 where an event counts and is of that kind.

    Raises IndexingError for an event of another kind; on a GPU that waits for the marks.
    """
    valid = xp.arange(marks.shape[1]) < valid_length[:, None]
    wrong = marks[valid & ((marks < 0) | (marks >= kinds))]
    if wrong.size:
        raise IndexingError(
            f"there is no kind {int(wrong[0])}", rule=f"marks from 0 to {kinds - 1}"
        )
    return (marks[:, :, None] == xp.arange(kinds)) & valid[:, :, None]


@operator(
    "_contrib_hawkesll",
    outputs=("output", "out_state"),
    cost=lambda p, ins, outs: 20 * shapes.size(ins[4]) * ins[1][0],
)
def hawkesll(k, p, lda, alpha, beta, state, lags, marks, valid_length, max_time):
    """The logarithm of the likelihood of events of several kinds, observed from 0 to max_time.

    Events of kind `k` happen at the rate `lda_k + alpha_k beta_k s_k(t)`, where the memory
    `s_k(t)`, the sum of `exp(-beta_k (t - t_i))` over earlier events of the kind, begins with
    `state`.  With `n_k` events of the kind and `T` for max_time, the output is
    `sum_i log(rate of event i) - sum_k (lda_k T + alpha_k (s_k(0) + n_k - s_k(T)))`.

    ============ ======================== ==========================================================
    lda          (examples, kinds)        rates without any event
    alpha        (kinds,)                 how many further events an event brings, below 1
    beta         (kinds,)                 how fast an event is forgotten
    state        (examples, kinds)        memory at the start
    lags         (examples, events)       times since the event before, from the first one on
    marks        (examples, events) int32 kinds of the events
    valid_length (examples,)              so many events count
    max_time     (examples,)              end of the observation
    output       (examples,)              logarithm of the likelihood
    out_state    (examples, kinds)        memory at the end, the `state` of what comes next
    ============ ======================== ==========================================================

    Gradients flow from the output to lda, alpha and beta.

    Errors: ShapeError where these do not fit, IndexingError for kinds that do not exist.
    Source: MXNet 1.6, `mx.nd.contrib.hawkesll`; Bacry, Mastromatteo and Muzy, 2015.
    """
    xp, dtype = k.xp, lda.dtype
    lda, alpha, beta, state, lags, max_time = (
        a.astype("float64") for a in (lda, alpha, beta, state, lags, max_time)
    )
    events = _events(xp, marks, valid_length, len(alpha))
    lags = xp.where(events.any(axis=2), lags, 0)
    output = -max_time * lda.sum(axis=1)
    memory, begun = state, state + events.sum(axis=1)
    for j in range(lags.shape[1]):
        memory = memory * xp.exp(-beta * lags[:, j, None])
        rate = xp.where(events[:, j], lda + alpha * beta * memory, 0).sum(axis=1)
        output += xp.log(xp.where(events[:, j].any(axis=1), rate, 1))
        memory += events[:, j]
    rest = max_time - lags.sum(axis=1)
    memory = memory * xp.exp(-beta * rest[:, None])
    output -= (alpha * (begun - memory)).sum(axis=1)
    return output.astype(dtype), memory.astype(dtype)


def _common(shape: shapes.Shape, *others: shapes.Shape | None) -> shapes.Shape:
    """What shapes say together; raises ShapeError where they differ."""
    for other in others:
        shape = shapes.unify(shape, other) or shape
    return shape


@hawkesll.shapes
def _(p, *ins):
    lda, alpha, beta, state, lags, marks, length, end = ins
    try:
        both = _common((None, None), lda, state)
        event = _common((None, None), lags, marks)
        kind = _common(both[1:], alpha, beta)
        one = _common(both[:1], event[:1], length, end)
    except ShapeError as error:
        raise ShapeError(
            error.message,
            rule="lda and state (examples, kinds), alpha and beta (kinds,), lags and marks "
            "(examples, events), valid_length and max_time (examples,)",
        ) from None
    both, event = (*one, *kind), (*one, *event[1:])
    return [both, kind, kind, both, event, event, one, one], [one, both]


@hawkesll.types
def _(p, *ins):
    if ins[5] is not None and ins[5] != TYPES["int32"]:
        raise DTypeError(f"marks hold {ins[5]}", rule="int32")
    (real, *_), _ = rules.float_type(p, *ins[:5], *ins[6:])
    return [real] * 5 + [TYPES["int32"]] + [real] * 2, [real, real]


@hawkesll.gradient
def _(F, p, dys, lda, alpha, beta, state, lags, marks, valid_length, max_time, state_shape):
    """All from the memory before each event and at the end, and from its slope in beta.

    Both are linear recurrences: memory `S_j = d_j (S_{j-1} + e_{j-1})`, with
    `d_j = exp(-beta lag_j)` and `e` what the event before adds (at first the state), and slope
    `R_j = d_j R_{j-1} - lag_j S_j`.  The time from the last event to the end is one more lag.
    """
    dy = dys[0]
    if dy is None:
        return [None]
    counts = F.SequenceMask(
        F.ones_like(lags), F.ceil(valid_length), use_sequence_length=True, axis=1
    )
    events = F.one_hot(marks, depth=state_shape[1], dtype=lda.dtype) * _behind(F, counts)
    lags = lags * counts
    rest = max_time - F.sum(lags, axis=1)
    lags = _behind(F, F.concat(lags, _behind(F, rest), dim=1))
    decay = F.exp(-lags * beta)
    added = F.concat(F.expand_dims(state, axis=1), events, dim=1)
    memory = F._linear_recurrence(decay, decay * added)
    slope = F._linear_recurrence(decay, -lags * memory)
    before, forgetting = (F.slice_axis(a, axis=1, begin=0, end=-1) for a in (memory, slope))
    memory, slope = (
        F.Reshape(F.slice_axis(a, axis=1, begin=-1, end=None), shape=state_shape)
        for a in (memory, slope)
    )
    rate = F.sum(events * (F.expand_dims(lda, axis=1) + alpha * beta * before), axis=2)
    share = events / _behind(F, rate + (1 - counts))
    dy = _behind(F, dy)
    of_alpha = F.sum(share * beta * before, axis=1) - F.sum(added, axis=1) + memory
    of_beta = F.sum(share * alpha * (before + beta * forgetting), axis=1) + alpha * slope
    of_lda = F.sum(share, axis=1) - _behind(F, max_time)
    return [dy * of_lda, F.sum(dy * of_alpha, axis=0), F.sum(dy * of_beta, axis=0)]


def _behind(F: Any, value: Any) -> Any:
    """With one more axis, so that (examples, events) goes with (examples, events, kinds)."""
    return F.expand_dims(value, axis=-1)


@operator(
    "_linear_recurrence",
    Bool("reverse", False, doc="From the last step to the first."),
    shape=rules.same_shape,
    type=rules.float_type,
)
def linear_recurrence(k, p, factor, addend):
    """Along axis 1 `output_j = factor_j output_{j-1} + addend_j`, beginning with `addend_0`.

    With `reverse`, `output_j = factor_{j+1} output_{j+1} + addend_j`, which is the opposite
    direction on the same way: what the gradient takes.
    """
    result = addend.copy()
    steps = range(1, addend.shape[1])
    for j in reversed(steps) if p.reverse else steps:
        if p.reverse:
            result[:, j - 1] += factor[:, j] * result[:, j]
        else:
            result[:, j] += factor[:, j] * result[:, j - 1]
    return result


@linear_recurrence.gradient
def _(F, p, dys, factor, output):
    """What arrives at a step has come over all later ones (or earlier ones)."""
    of_addend = F._linear_recurrence(factor, dys[0], reverse=not p.reverse)
    # Factor j stands between the steps j - 1 and j; factor 0 is not used.
    source, target = (of_addend, output) if p.reverse else (output, of_addend)
    used = F.slice_axis(source, axis=1, begin=0, end=-1) * F.slice_axis(
        target, axis=1, begin=1, end=None
    )
    unused = F.zeros_like(F.slice_axis(factor, axis=1, begin=0, end=1))
    return [F.concat(unused, used, dim=1), of_addend]


# ---- examples


def _likelihood(lda, alpha, beta, state, lags, marks, length, end):
    """By the definition: the memory is a sum over all earlier events."""
    found, memories = [], []
    for n in range(len(lda)):
        times = np.cumsum(lags[n])[: int(length[n])]
        kinds = marks[n][: len(times)].astype(int)

        def memory(t, count, n=n, times=times, kinds=kinds):
            at = np.exp(-beta * t) * state[n]
            for time, kind in zip(times[:count], kinds, strict=False):
                at[kind] += np.exp(-beta[kind] * (t - time))
            return at

        rates = [
            (lda[n] + alpha * beta * memory(t, i))[kind]
            for i, (t, kind) in enumerate(zip(times, kinds, strict=True))
        ]
        brought = state[n] + np.bincount(kinds, minlength=len(alpha)) - memory(end[n], len(times))
        found.append(np.sum(np.log(rates)) - (lda[n] * end[n] + alpha * brought).sum())
        memories.append(memory(end[n], len(times)))
    return [np.array(found), np.array(memories)]


def _stepwise(factor, addend):
    output = [addend[:, 0]]
    for j in range(1, addend.shape[1]):
        output.append(factor[:, j] * output[-1] + addend[:, j])
    return np.stack(output, 1)


EVENTS = (
    *(In((3, 2), 0.5, 1.5), In((2,), 0.1, 0.5), In((2,), 0.5, 2), In((3, 2), 0, 1)),
    *(In((3, 4), 0.1, 2), np.array([[0, 1, 1, 0], [1, 1, 0, 0], [0, 0, 1, 0]], "int32")),
    *([4.0, 2.0, 0.0], [9.0, 10.0, 2.0]),
)
hawkesll.example(*EVENTS).gives(_likelihood).not_smooth(
    "as in MXNet, gradients flow from one output to three inputs only; see the tests of hawkesll"
)
linear_recurrence.example((2, 4, 3), (2, 4, 3)).gives(_stepwise)
linear_recurrence.example((2, 4), (2, 4), reverse=True).gives(
    lambda f, a: _stepwise(np.roll(f[:, ::-1], 1, 1), a[:, ::-1])[:, ::-1]
)
