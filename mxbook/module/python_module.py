"""Modules that are written in Python: PythonModule, and PythonLossModule for losses."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from mxbook import ndarray as nd
from mxbook.base.errors import MXNetError, ParameterError
from mxbook.checkpoint import Params
from mxbook.initializer import Initializer
from mxbook.ndarray import NDArray

from .base_module import SMALL, BaseModule, Options
from .data_shapes import described

__all__ = ["PythonLossModule", "PythonModule"]


class PythonModule(BaseModule):
    """A module without parameters, whose subclass defines what is computed.

    A subclass defines `_compute_output_shapes`, `forward`, `get_outputs`, and `backward` with
    `get_input_grads` if it is part of a training.

    Source: MXNet 1.6, `mxnet.mod.PythonModule`.
    """

    def __init__(
        self,
        data_names: Sequence[str],
        label_names: Sequence[str] | None,
        output_names: Sequence[str],
        logger: Any = logging,
    ):
        super().__init__(logger=logger)
        self._data_names = list(data_names)
        self._label_names = list(label_names or [])
        self._output_names = list(output_names)
        self._data_shapes: list = []
        self._label_shapes: list | None = None
        self._output_shapes: list = []

    @property
    def data_names(self) -> list[str]:
        """Names of the data."""
        return self._data_names

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs."""
        return self._output_names

    @property
    def data_shapes(self) -> list:
        """Names and shapes of the data, after `bind`."""
        return self._data_shapes

    @property
    def label_shapes(self) -> list | None:
        """Names and shapes of the labels, after `bind`; None without labels."""
        return self._label_shapes

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """Names and shapes of the outputs, after `bind`."""
        return self._output_shapes

    def get_params(self) -> tuple[Params, Params]:
        """There are none."""
        return {}, {}

    def init_params(
        self,
        initializer: Initializer | Callable | None = SMALL,
        arg_params: Params | None = None,
        aux_params: Params | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """There are no parameters; nothing is done."""
        self.params_initialized = True

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Options = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """There are no parameters; nothing is done."""
        self.optimizer_initialized = True

    def update(self) -> None:
        """There are no parameters; nothing is done."""

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric look at labels and outputs; nothing without labels.

        Raises ParameterError for labels that are one list for each device.
        """
        if self._label_shapes is None:
            return
        if pre_sliced:
            raise ParameterError("PythonModule does not support presliced labels")
        eval_metric.update(labels, self.get_outputs())

    def bind(
        self,
        data_shapes: list,
        label_shapes: list | None = None,
        for_training: bool = True,
        inputs_need_grad: bool = False,
        force_rebind: bool = False,
        shared_module: BaseModule | None = None,
        grad_req: Any = "write",
    ) -> None:
        """Note the shapes, and compute those of the outputs.

        Raises ParameterError for another `grad_req` than `write`, and for other names than the
        module has.
        """
        if self.binded and not force_rebind:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if grad_req != "write":
            raise ParameterError("Python module only support write gradient")
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad
        data, labels = described(self._data_names, self._label_names, data_shapes, label_shapes)
        self._data_shapes, self._label_shapes = data, labels
        self._output_shapes = self._compute_output_shapes()
        self.binded = True

    def _compute_output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """Names and shapes of the outputs, from those of the data; defined by every subclass."""
        raise self._undefined("_compute_output_shapes()")


class PythonLossModule(PythonModule):
    """A loss whose gradient is a function in Python; its output is its data, the scores.

    name       begins the name of the output
    grad_func  gives the gradient of the scores for scores and labels

    >>> loss = PythonLossModule(grad_func=lambda scores, labels: scores - labels)
    >>> loss.output_names
    ['pyloss_output']

    Source: MXNet 1.6, `mxnet.mod.PythonLossModule`.
    """

    def __init__(
        self,
        name: str = "pyloss",
        data_names: Sequence[str] = ("data",),
        label_names: Sequence[str] = ("softmax_label",),
        logger: Any = logging,
        grad_func: Callable[[NDArray, NDArray], Any] | None = None,
    ):
        super().__init__(data_names, label_names, [f"{name}_output"], logger=logger)
        if len(self._data_names) != 1 or len(self._label_names) != 1:
            raise ParameterError("a PythonLossModule has one kind of data and one of labels")
        if grad_func is not None and not callable(grad_func):
            raise ParameterError(f"grad_func cannot be {grad_func!r}", rule="a function")
        self._name = name
        self._scores: NDArray | None = None
        self._labels: NDArray | None = None
        self._scores_grad: NDArray | None = None
        self._grad_func = grad_func

    def _compute_output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        return [(f"{self._name}_output", tuple(self._data_shapes[0].shape))]

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Keep the scores, and the labels while training."""
        self._scores = data_batch.data[0]
        if self.for_training if is_train is None else is_train:
            self._labels = data_batch.label[0]

    def get_outputs(self, merge_multi_context: bool = True) -> list:
        """The scores."""
        return [self._scores]

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradient of the scores.

        Raises MXNetError for a module that is not for training, and for gradients of the outputs.
        """
        if out_grads is not None or not self.for_training:
            raise MXNetError("a loss is the end of a network that is bound for training")
        self._backward_impl()

    def _backward_impl(self) -> None:
        """Set `_scores_grad`; a subclass without `grad_func` defines it."""
        if self._grad_func is None or self._scores is None:
            raise self._undefined("grad_func, or _backward_impl()")
        grad = self._grad_func(self._scores, self._labels)  # type: ignore[arg-type]
        self._scores_grad = grad if isinstance(grad, NDArray) else nd.array(grad)

    def get_input_grads(self, merge_multi_context: bool = True) -> list:
        """The gradient of the scores."""
        return [self._scores_grad]

    def install_monitor(self, mon: Any) -> None:
        """There is no executor to watch: raises MXNetError."""
        raise MXNetError("a PythonLossModule has no executor that a Monitor could watch")
