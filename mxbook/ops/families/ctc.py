"""CTCLoss: sequences of classes against labels that do not say when each class comes."""

from functools import partial
from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import IndexingError, ShapeError
from mxbook.ops import rules
from mxbook.ops.kernels import ctc as kernels
from mxbook.ops.params import Bool, Enum
from mxbook.ops.registry import operator

CTC = (
    Bool("use_data_lengths", False, doc="Whether `data_lengths` is given; else all steps count."),
    Bool(
        "use_label_lengths",
        False,
        doc="Whether `label_lengths` is given; else a label ends where padding begins.",
    ),
    Enum(
        "blank_label",
        ("first", "last"),
        "first",
        doc="The class that stands for no label. first: class 0, and labels are padded with 0; "
        "last: the last class, and labels are padded with -1.",
    ),
)


def _inputs(p):
    lengths = {"data_lengths": p.use_data_lengths, "label_lengths": p.use_label_lengths}
    return ["data", "label", *(name for name, given in lengths.items() if given)]


def _whole(k, numbers):
    """Classes and lengths, which may come as real numbers, as int64; as MXNet rounds them."""
    return k.xp.floor(numbers + 0.5).astype("int64")


def _counted(k, name, lengths, most):
    """Lengths as int64; raises IndexingError for one that cannot be."""
    lengths = _whole(k, lengths)
    _inside(lengths, (lengths >= 0) & (lengths <= most), name, most)
    return lengths


def _inside(values, good, name, most):
    outside = values[~good]
    if outside.size:
        raise IndexingError(
            f"{name} holds {int(outside[0])}", rule=f"whole numbers from 0 to {most}"
        )


def _spelling(k, p, data, label, *lengths):
    """What the labels say about the paths; see `kernels.Spelling`."""
    xp, given = k.xp, dict(zip(_inputs(p)[2:], lengths, strict=True))
    steps, n, classes = data.shape
    first = p.blank_label == "first"
    label = _whole(k, label)
    most = label.shape[1]
    if p.use_label_lengths:
        counts = _counted(k, "label_lengths", given["label_lengths"], most)
    else:
        counts = (label != (0 if first else -1)).cumprod(axis=1).sum(axis=1)
    label_counts = xp.arange(most) < counts[:, None]
    _inside(label, ~label_counts | ((label >= 0) & (label < classes)), "label", classes - 1)
    if p.use_data_lengths:
        used = _counted(k, "data_lengths", given["data_lengths"], steps)
    else:
        used = xp.full(n, steps, "int64")
    return kernels.spelling(xp, label, counts, used, 0 if first else classes - 1)


def _wide(data):
    return data.astype("float32") if data.dtype.itemsize == 2 else data


def _cost(p, ins, outs):
    return 10 * shapes.size(ins[0]) + 20 * ins[0][0] * ins[1][0] * (2 * ins[1][1] + 1)


def _check(p, data, label, *lengths):
    """The shapes of all inputs."""
    if (data is not None and len(data) != 3) or (label is not None and len(label) != 2):
        raise ShapeError(
            f"data has the shape {shapes.text(data)}, label {shapes.text(label)}",
            rule="data (steps, examples, classes), label (examples, length)",
        )
    data, label = data or (None,) * 3, label or (None,) * 2
    examples: Any = shapes.unify(data[1:2], label[:1])
    if None not in (data[0], label[1]) and data[0] < label[1]:
        raise ShapeError(
            f"labels of length {label[1]} do not fit into {data[0]} steps",
            rule="at least as many steps as the longest label has classes",
        )
    counts = [shapes.unify(s, examples) for s in lengths]
    return [(data[0], *examples, data[2]), (*examples, label[1]), *counts]


def _types(p, data, *others):
    """Labels and lengths are numbers of any type."""
    (data,), _ = rules.float_type(p, data)
    return [data, *(data if d is None else d for d in others)], [data]


@operator(
    "CTCLoss",
    *CTC,
    inputs=("data", "label", "data_lengths", "label_lengths"),
    takes=_inputs,
    aliases=("ctc_loss", "_contrib_CTCLoss", "_contrib_ctc_loss"),
    outputs=("output0",),
    cost=_cost,
)
def ctc_loss(k, p, data, label, *lengths):
    """How badly a sequence of scores spells a label, whenever each class of it comes.

    The scores of each step become probabilities by softmax.  A path chooses a class in each step;
    it spells what remains when classes that follow themselves are taken once and blanks are left
    out.  The loss is `-log(sum of the probabilities of all paths that spell the label)`.

    data           (steps, examples, classes) scores, before softmax
    label          (examples, length) the classes in order, then padding
    data_lengths   (examples,) with use_data_lengths: steps behind it do not count
    label_lengths  (examples,) with use_label_lengths: how many classes of the label count
    output         (examples,); 0 for labels that need more steps than there are, as in MXNet

    Raises ShapeError where labels are longer than there are steps, IndexingError for classes and
    lengths that do not exist.  There is no second derivative.

    Source: MXNet 1.6, `mx.nd.CTCLoss`; Graves and others, 2006.
    """
    spelled = _spelling(k, p, data, label, *lengths)
    return kernels.loss(k.xp, _wide(data), spelled).astype(data.dtype, copy=False)


@ctc_loss.shapes
def _(p, *ins):
    found = _check(p, *ins)
    return found, [found[1][:1]]


ctc_loss.types(_types)


@ctc_loss.gradient("data")
def _(F, p, dy, data, label, data_lengths, label_lengths):
    lengths = [a for a in (data_lengths, label_lengths) if a is not None]
    options = {param.name: getattr(p, param.name) for param in CTC}
    return F.Reshape(dy, shape=(1, -1, 1)) * F._backward_CTCLoss(data, label, *lengths, **options)


@operator(
    "_backward_CTCLoss",
    *CTC,
    inputs=("data", "label", "data_lengths", "label_lengths"),
    takes=_inputs,
    cost=lambda p, ins, outs: 3 * _cost(p, ins, outs),
)
def ctc_loss_gradient(k, p, data, label, *lengths):
    """The gradient of CTCLoss for the data, whose inputs it has.

    Softmax, minus how likely a path that spells the label is at each class.
    """
    spelled = _spelling(k, p, data, label, *lengths)
    return kernels.gradient(k.xp, _wide(data), spelled).astype(data.dtype, copy=False)


@ctc_loss_gradient.shapes
def _(p, *ins):
    found = _check(p, *ins)
    return found, [found[0]]


ctc_loss_gradient.types(_types)


# ---- examples


def _reference(x, labels, lengths, label_lengths, blank=0):
    """Every path is tried."""
    losses = []
    for n, label in enumerate(labels):
        steps, wanted = int(lengths[n]), tuple(label[: int(label_lengths[n])].astype(int))
        scores = np.exp(x[:steps, n])
        scores /= scores.sum(axis=1, keepdims=True)
        total = 0.0
        for path in np.ndindex(*[x.shape[2]] * steps):
            kept = [c for i, c in enumerate(path) if c != blank and path[i - 1 : i] != (c,)]
            if tuple(kept) == wanted:
                total += np.prod(scores[range(steps), path])
        losses.append(-np.log(total))
    return np.array(losses)


_ONCE = "there is no second derivative"
for _op in (ctc_loss, ctc_loss_gradient):
    _first = _op.example((4, 3, 3), [[1.0, 2.0, 1.0], [2.0, 2.0, 0.0], [0.0, 0.0, 0.0]])
    _last = _op.example(
        (4, 2, 3), [[0.0, 1.0], [1.0, 1.0]], [2.0, 4.0], [1.0, 2.0],
        use_data_lengths=True, use_label_lengths=True, blank_label="last",
    )  # fmt: skip
    for _example in (_first, _last):
        _example.not_smooth(_ONCE)
    if _op is ctc_loss:
        _first.gives(lambda x, y: _reference(x, y, [4, 4, 4], [3, 2, 0]))
        _last.gives(partial(_reference, blank=2))
