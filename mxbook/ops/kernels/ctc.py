"""Connectionist temporal classification: all ways to spell a label, added up.

Axes in this file: t steps, n examples, s states.  A path goes through 2 * L + 1 states, in order: a
blank, the first label, a blank, the second label, ... and a blank.  In each step it stays, goes one
state on, or leaves out the blank between two labels that differ.  What is added up are
probabilities of paths, as logarithms.

Graves, Fernandez, Gomez and Schmidhuber, Connectionist Temporal Classification, 2006.
"""

from typing import Any, NamedTuple

NEVER = -1e30  # a logarithm of 0 that can be subtracted from itself


class Spelling(NamedTuple):
    """What is to be spelled, for each example."""

    states: Any  # (n, s) the class of each state
    skips: Any  # (n, s) whether the state can be reached from the last but one
    last: Any  # (n,) the last state, a blank
    steps: Any  # (n,) how many steps there are
    possible: Any  # (n,) whether that is enough


def spelling(xp: Any, labels: Any, lengths: Any, steps: Any, blank: int) -> Spelling:
    """The states for labels (n, l), of which `lengths` count, in so many `steps`."""
    n, most = labels.shape
    inside = xp.arange(most) < lengths[:, None]
    states = xp.full((n, 2 * most + 1), blank, "int64")
    states[:, 1::2] = xp.where(inside, labels, blank)
    skips = xp.zeros(states.shape, bool)
    skips[:, 3::2] = states[:, 3::2] != states[:, 1:-2:2]
    repeats = ((labels[:, 1:] == labels[:, :-1]) & inside[:, 1:]).sum(axis=1)
    return Spelling(states, skips, 2 * lengths, steps, lengths + repeats <= steps)


def log_probabilities(xp: Any, data: Any) -> Any:
    """The logarithm of softmax over the last axis."""
    shifted = data - data.max(axis=-1, keepdims=True)
    return shifted - xp.log(xp.exp(shifted).sum(axis=-1, keepdims=True))


def at_states(xp: Any, logs: Any, spelled: Spelling) -> Any:
    """The logarithms of the classes (t, n, c) for each state (t, n, s)."""
    return logs[:, xp.arange(len(spelled.states))[:, None], spelled.states]


def paths_to(xp: Any, emitted: Any, spelled: Spelling) -> Any:
    """Paths from the beginning to each state in each step, (t, n, s), with what they emit."""
    total = xp.empty_like(emitted)
    now = xp.full(emitted.shape[1:], NEVER, emitted.dtype)
    now[:, :2] = emitted[0, :, :2]
    total[0] = now
    for t in range(1, len(emitted)):
        now = total[t]
        now[...] = total[t - 1]
        _add(xp, now[:, 1:], total[t - 1, :, :-1])
        _add(xp, now[:, 2:], xp.where(spelled.skips[:, 2:], total[t - 1, :, :-2], NEVER))
        now += emitted[t]
    return total


def paths_from(xp: Any, emitted: Any, spelled: Spelling) -> Any:
    """Paths from each state in each step to the end, without what the state itself emits."""
    numbers = xp.arange(emitted.shape[2])
    ends = (numbers == spelled.last[:, None]) | (numbers == spelled.last[:, None] - 1)
    ending = xp.where(ends, 0, NEVER).astype(emitted.dtype)
    total = xp.full(emitted.shape, NEVER, emitted.dtype)
    for t in range(len(emitted) - 1, -1, -1):
        now = total[t]
        if t + 1 < len(emitted):
            after = total[t + 1] + emitted[t + 1]
            now[...] = after
            _add(xp, now[:, :-1], after[:, 1:])
            _add(xp, now[:, :-2], xp.where(spelled.skips[:, 2:], after[:, 2:], NEVER))
        now[...] = xp.where((spelled.steps == t + 1)[:, None], ending, now)
    return total


def _add(xp, logs, others):
    """Add numbers given by their logarithms, in place."""
    xp.logaddexp(logs, others, out=logs)


def likelihood(xp: Any, total: Any, spelled: Spelling) -> Any:
    """The logarithm of the probability of all paths that end where they should, (n,)."""
    examples = xp.arange(len(spelled.last))
    end = total[xp.maximum(spelled.steps, 1) - 1, examples]
    blank, label = end[examples, spelled.last], end[examples, spelled.last - 1]
    return xp.where(spelled.last > 0, xp.logaddexp(blank, label), blank)


def loss(xp: Any, data: Any, spelled: Spelling) -> Any:
    """Minus that logarithm; 0 where there are too few steps."""
    emitted = at_states(xp, log_probabilities(xp, data), spelled)
    logs = likelihood(xp, paths_to(xp, emitted, spelled), spelled)
    return xp.where(spelled.possible, -logs, 0).astype(data.dtype)


def gradient(xp: Any, data: Any, spelled: Spelling) -> Any:
    """The gradient of the loss for the data: probabilities minus those given the label."""
    logs = log_probabilities(xp, data)
    emitted = at_states(xp, logs, spelled)
    ways = paths_to(xp, emitted, spelled)
    total = likelihood(xp, ways, spelled)
    ways += paths_from(xp, emitted, spelled)
    ways -= xp.where(spelled.possible, total, 0)[:, None]
    through = xp.exp(ways)  # how likely a path goes through a state
    found = xp.exp(logs)
    examples = xp.arange(len(spelled.states))
    found[:, :, spelled.states[0, 0]] -= through[:, :, ::2].sum(axis=2)
    for s in range(1, through.shape[2], 2):
        found[:, examples, spelled.states[:, s]] -= through[:, :, s]
    counts = (xp.arange(len(data))[:, None] < spelled.steps) & spelled.possible
    return xp.where(counts[:, :, None], found, 0).astype(data.dtype)
