"""Losses: how far predictions are from what they should be, as one number for each example.

    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    with autograd.record():
        l = loss(net(x), y)         # shape (batch,)
    l.backward()
    trainer.step(batch_size)        # divides by the batch size

Every loss takes `weight`, a factor for all, and `sample_weight`, an array of factors that can be
stretched to the shape of the predictions.  Source: MXNet 1.6, `mxnet.gluon.loss`.
"""

from math import pi
from typing import Any

from mxbook import ndarray as nd
from mxbook.base.errors import DTypeError, ParameterError

from .block import HybridBlock

__all__ = [
    "CTCLoss",
    "CosineEmbeddingLoss",
    "HingeLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "L2Loss",
    "LogisticLoss",
    "Loss",
    "PoissonNLLLoss",
    "SigmoidBCELoss",
    "SigmoidBinaryCrossEntropyLoss",
    "SoftmaxCELoss",
    "SoftmaxCrossEntropyLoss",
    "SquaredHingeLoss",
    "TripletLoss",
]


def _apply_weighting(F: Any, loss: Any, weight: Any = None, sample_weight: Any = None) -> Any:
    """The loss times the weight of each sample and times a number; gluoncv takes it from here."""
    if sample_weight is not None:
        loss = F.broadcast_mul(loss, sample_weight)
    if weight is not None:
        if not isinstance(weight, int | float):
            raise DTypeError(f"weight is a {type(weight).__name__}", rule="a number")
        loss = loss * weight
    return loss


def _reshape_like(F: Any, x: Any, y: Any) -> Any:
    """`x` in the shape of `y`; gluoncv takes it from here."""
    return x.reshape(y.shape) if F is nd else F.reshape_like(x, y)


class Loss(HybridBlock):
    """Base of all losses; a subclass defines `hybrid_forward`.

    weight      factor for the whole loss, or None
    batch_axis  the axis of the examples
    """

    def __init__(self, weight: float | None, batch_axis: int, **kwargs: Any):
        super().__init__(**kwargs)
        self._weight = weight
        self._batch_axis = batch_axis

    def __repr__(self) -> str:
        return f"{type(self).__name__}(batch_axis={self._batch_axis}, w={self._weight})"

    def _averaged(self, F: Any, loss: Any, sample_weight: Any, factor: float = 1.0) -> Any:
        """The weighted loss, averaged over all axes but that of the examples."""
        weight = self._weight
        if weight is not None and factor != 1.0:
            weight = weight * factor
        loss = _apply_weighting(F, loss, weight, sample_weight)
        return F.mean(loss, axis=self._batch_axis, exclude=True)


class L2Loss(Loss):
    """Half the squared difference: `weight / 2 * mean((label - pred)^2)`.

    >>> L2Loss()(nd.array([[1, 3]]), nd.array([[1, 1]])).asnumpy()
    array([1.], dtype=float32)
    """

    def __init__(self, weight: float | None = 1.0, batch_axis: int = 0, **kwargs: Any):
        super().__init__(weight, batch_axis, **kwargs)

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """One number for each example."""
        label = _reshape_like(F, label, pred)
        return self._averaged(F, F.square(label - pred), sample_weight, 0.5)


class L1Loss(Loss):
    """The absolute difference: `mean(|label - pred|)`."""

    def __init__(self, weight: float | None = None, batch_axis: int = 0, **kwargs: Any):
        super().__init__(weight, batch_axis, **kwargs)

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """One number for each example."""
        label = _reshape_like(F, label, pred)
        return self._averaged(F, F.abs(label - pred), sample_weight)


class SigmoidBinaryCrossEntropyLoss(Loss):
    """For yes-or-no labels: `-mean(label log(p) + (1 - label) log(1 - p))` with `p =
    sigmoid(pred)`.

    from_sigmoid  `pred` is `p` already
    pos_weight    argument of the call: factors for the positive examples
    """

    def __init__(
        self,
        from_sigmoid: bool = False,
        weight: float | None = None,
        batch_axis: int = 0,
        **kwargs: Any,
    ):
        super().__init__(weight, batch_axis, **kwargs)
        self._from_sigmoid = from_sigmoid

    def hybrid_forward(
        self, F: Any, pred: Any, label: Any, sample_weight: Any = None, pos_weight: Any = None
    ) -> Any:
        """One number for each example."""
        label = _reshape_like(F, label, pred)
        if self._from_sigmoid:
            loss = _bce_of_probabilities(F, pred, label, pos_weight)
        else:
            loss = _bce_of_scores(F, pred, label, pos_weight)
        return self._averaged(F, loss, sample_weight)


def _bce_of_probabilities(F: Any, pred: Any, label: Any, pos_weight: Any) -> Any:
    eps = 1e-12  # log(0) would be minus infinity
    positive = F.log(pred + eps) * label
    if pos_weight is not None:
        positive = F.broadcast_mul(positive, pos_weight)
    return -(positive + F.log(1.0 - pred + eps) * (1.0 - label))


def _bce_of_scores(F: Any, pred: Any, label: Any, pos_weight: Any) -> Any:
    # log(1 + exp(-|x|)) cannot overflow, log(sigmoid(x)) could.
    rest = F.Activation(-F.abs(pred), act_type="softrelu")
    if pos_weight is None:
        return F.relu(pred) - pred * label + rest
    factor = 1 + F.broadcast_mul(pos_weight - 1, label)
    return pred - pred * label + factor * (rest + F.relu(-pred))


SigmoidBCELoss = SigmoidBinaryCrossEntropyLoss


class SoftmaxCrossEntropyLoss(Loss):
    """For one of many classes: minus the logarithm of the probability given to the right one.

    axis          the axis of the classes
    sparse_label  labels are class numbers, of the shape of pred without that axis; otherwise
                  probabilities, of the shape of pred
    from_logits   pred is the logarithm of probabilities already

    >>> float(SoftmaxCrossEntropyLoss()(nd.zeros((1, 4)), nd.array([2])).asscalar())    # log(4)
    1.386...
    """

    def __init__(
        self,
        axis: int = -1,
        sparse_label: bool = True,
        from_logits: bool = False,
        weight: float | None = None,
        batch_axis: int = 0,
        **kwargs: Any,
    ):
        super().__init__(weight, batch_axis, **kwargs)
        self._axis = axis
        self._sparse_label = sparse_label
        self._from_logits = from_logits

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """One number for each example."""
        if not self._from_logits:
            pred = F.log_softmax(pred, axis=self._axis)
        if self._sparse_label:
            loss = -F.pick(pred, label, axis=self._axis, keepdims=True)
        else:
            label = _reshape_like(F, label, pred)
            loss = -F.sum(pred * label, axis=self._axis, keepdims=True)
        return self._averaged(F, loss, sample_weight)


SoftmaxCELoss = SoftmaxCrossEntropyLoss


class KLDivLoss(Loss):
    """How much one distribution differs from another: `mean(label (log(label) - pred))`.

    from_logits  pred is the logarithm of probabilities; otherwise its log_softmax along `axis` is
                 taken

    Source: Kullback and Leibler, On Information and Sufficiency, 1951.
    """

    def __init__(
        self,
        from_logits: bool = True,
        axis: int = -1,
        weight: float | None = None,
        batch_axis: int = 0,
        **kwargs: Any,
    ):
        super().__init__(weight, batch_axis, **kwargs)
        self._from_logits = from_logits
        self._axis = axis

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """One number for each example."""
        if not self._from_logits:
            pred = F.log_softmax(pred, axis=self._axis)
        loss = label * (F.log(label + 1e-12) - pred)
        return self._averaged(F, loss, sample_weight)


class CTCLoss(Loss):
    """For sequences whose labels do not say when each class comes; see the operator CTCLoss.

    layout        axes of `pred`: NTC or TNC, for N examples, T steps, C scores of the classes
    label_layout  axes of `label`: NT or TN; labels are padded with -1
    weight        factor for the whole loss, or None

    The last class is the blank: for classes 0 to c - 1 there are c + 1 scores.

    pred_lengths   argument of the call: (n,) how many steps of each example count
    label_lengths  argument of the call: (n,) how many classes of each label count

    >>> CTCLoss()(nd.zeros((1, 3, 3)), nd.array([[0, 1, -1]])).asnumpy()
    array([1.686399], dtype=float32)
    """

    def __init__(
        self,
        layout: str = "NTC",
        label_layout: str = "NT",
        weight: float | None = None,
        **kwargs: Any,
    ):
        if layout not in ("NTC", "TNC") or label_layout not in ("NT", "TN"):
            raise ParameterError(
                f"layout={layout!r} and label_layout={label_layout!r}",
                rule="layout is NTC or TNC, label_layout NT or TN",
            )
        self._layout = layout
        self._label_layout = label_layout
        super().__init__(weight, label_layout.index("N"), **kwargs)

    def hybrid_forward(
        self,
        F: Any,
        pred: Any,
        label: Any,
        pred_lengths: Any = None,
        label_lengths: Any = None,
        sample_weight: Any = None,
    ) -> Any:
        """One number for each example."""
        if self._layout == "NTC":
            pred = F.swapaxes(pred, 0, 1)
        if self._batch_axis == 1:
            label = F.swapaxes(label, 0, 1)
        loss = F.CTCLoss(
            pred,
            label,
            *(lengths for lengths in (pred_lengths, label_lengths) if lengths is not None),
            use_data_lengths=pred_lengths is not None,
            use_label_lengths=label_lengths is not None,
            blank_label="last",
        )
        return _apply_weighting(F, loss, self._weight, sample_weight)


class HuberLoss(Loss):
    """Squared difference where it is small, absolute difference where it is above `rho`.

    `d^2 / (2 rho)` for `d <= rho`, `d - rho / 2` above, with `d = |label - pred|`.

    Source: Huber, Robust Estimation of a Location Parameter, 1964.
    """

    def __init__(
        self, rho: float = 1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any
    ):
        super().__init__(weight, batch_axis, **kwargs)
        self._rho = rho

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """One number for each example."""
        label = _reshape_like(F, label, pred)
        loss = F.abs(label - pred)
        loss = F.where(loss > self._rho, loss - 0.5 * self._rho, (0.5 / self._rho) * F.square(loss))
        return self._averaged(F, loss, sample_weight)


class HingeLoss(Loss):
    """For labels -1 and 1: `mean(max(0, margin - pred label))`."""

    def __init__(
        self, margin: float = 1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any
    ):
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """One number for each example."""
        label = _reshape_like(F, label, pred)
        return self._averaged(F, F.relu(self._margin - pred * label), sample_weight)


class SquaredHingeLoss(Loss):
    """For labels -1 and 1: `mean(max(0, margin - pred label)^2)`."""

    def __init__(
        self, margin: float = 1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any
    ):
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """One number for each example."""
        label = _reshape_like(F, label, pred)
        return self._averaged(F, F.square(F.relu(self._margin - pred * label)), sample_weight)


class LogisticLoss(Loss):
    """For two classes: `mean(log(1 + exp(-pred label)))`.

    label_format  `signed`: labels are -1 and 1; `binary`: 0 and 1
    """

    def __init__(
        self,
        weight: float | None = None,
        batch_axis: int = 0,
        label_format: str = "signed",
        **kwargs: Any,
    ):
        super().__init__(weight, batch_axis, **kwargs)
        if label_format not in ("signed", "binary"):
            raise ParameterError(
                f"label_format cannot be {label_format!r}", rule="signed or binary"
            )
        self._label_format = label_format

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """One number for each example."""
        label = _reshape_like(F, label, pred)
        if self._label_format == "signed":
            label = (label + 1.0) / 2.0
        return self._averaged(F, _bce_of_scores(F, pred, label, None), sample_weight)


class TripletLoss(Loss):
    """An example should be nearer to a positive one than to a negative one, by a margin.

    `max(0, sum((pred - positive)^2 - (pred - negative)^2) + margin)`.

    Source: Schroff, Kalenichenko, Philbin, FaceNet, 2015.
    """

    def __init__(
        self, margin: float = 1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any
    ):
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(self, F: Any, pred: Any, positive: Any, negative: Any) -> Any:
        """One number for each example."""
        positive = _reshape_like(F, positive, pred)
        negative = _reshape_like(F, negative, pred)
        loss = F.sum(
            F.square(positive - pred) - F.square(negative - pred),
            axis=self._batch_axis,
            exclude=True,
        )
        return _apply_weighting(F, F.relu(loss + self._margin), self._weight, None)


class PoissonNLLLoss(Loss):
    """For counts: minus the logarithm of their Poisson probability, `pred - target log(pred)`.

    from_logits   pred is the logarithm of the expected count
    compute_full  add Stirling's approximation of `log(target!)`

    The mean over everything is returned.
    """

    def __init__(
        self,
        weight: float | None = None,
        from_logits: bool = True,
        batch_axis: int = 0,
        compute_full: bool = False,
        **kwargs: Any,
    ):
        super().__init__(weight, batch_axis, **kwargs)
        self._from_logits = from_logits
        self._compute_full = compute_full

    def hybrid_forward(
        self, F: Any, pred: Any, target: Any, sample_weight: Any = None, epsilon: float = 1e-8
    ) -> Any:
        """One number."""
        target = _reshape_like(F, target, pred)
        if self._from_logits:
            loss = F.exp(pred) - target * pred
        else:
            loss = pred - target * F.log(pred + epsilon)
        if self._compute_full:
            stirling = target * F.log(target) - target + 0.5 * F.log(2 * target * pi)
            loss = loss + stirling * (target > 1)
        return F.mean(_apply_weighting(F, loss, self._weight, sample_weight))


class CosineEmbeddingLoss(Loss):
    """Two vectors should point the same way for label 1, and apart for label -1.

    `1 - cos` for label 1, `max(0, cos - margin)` for -1.
    """

    def __init__(
        self, weight: float | None = None, batch_axis: int = 0, margin: float = 0, **kwargs: Any
    ):
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(
        self, F: Any, input1: Any, input2: Any, label: Any, sample_weight: Any = None
    ) -> Any:
        """One number for each example."""
        input1 = _reshape_like(F, input1, input2)
        cosine = self._cosine_similarity(F, input1, input2)
        label = label.reshape((-1, 1))
        loss = F.where(
            label == 1, 1 - cosine, F.clip(cosine - self._margin, a_min=0, a_max=1 - self._margin)
        )
        return _apply_weighting(F, loss, self._weight, sample_weight)

    def _cosine_similarity(self, F: Any, x: Any, y: Any, axis: int = -1) -> Any:
        """The cosine of the angle between vectors, shape (n, 1)."""
        lengths = F.norm(x, axis=axis).reshape((-1, 1)) * F.norm(y, axis=axis).reshape((-1, 1))
        product = F.sum(x * y, axis=axis).reshape((-1, 1))
        return product / F.maximum(lengths, 1e-12)
