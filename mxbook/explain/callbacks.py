"""What training loops tell a run: strips for a `Trainer`, callbacks for `Module.fit`.

(For `gluon.contrib.estimator` there is `CurvesHandler`.)
"""

from collections.abc import Callable
from typing import Any

from mxbook.gluon.utils import global_norm

from .run import Run


def of_trainer(trainer: Any) -> dict[str, float]:
    """The learning rate of a `gluon.Trainer` and the norm of all its gradients, to be logged.

    The norm is that of the gradients as they are now, so ask between `backward` and `step`; on
    several devices, that of the first one's.  Computing it waits for the gradients.

    >>> import mxbook as mx
    >>> net = mx.gluon.nn.Dense(1, use_bias=False, weight_initializer="ones")
    >>> net.initialize()
    >>> trainer = mx.gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5})
    >>> with mx.autograd.record():
    ...     loss = net(mx.nd.array([[3, 4]])).sum()
    >>> loss.backward()
    >>> of_trainer(trainer)
    {'learning_rate': 0.5, 'grad_norm': 5.0}
    """
    gradients = [p.list_grad()[0] for p in trainer._params if p.grad_req != "null"]
    norm = float(global_norm(gradients).asscalar()) if gradients else 0.0
    return {"learning_rate": float(trainer.learning_rate), "grad_norm": norm}


def of_fit(run: Run, frequent: int = 1) -> dict[str, Callable[[Any], None]]:
    """Callbacks that log the metrics of `Module.fit`, for `fit(..., **of_fit(run))`.

    Metrics of training are means over `frequent` batches; those of validation follow with each
    epoch, and have `val_` before their names.
    """
    first = int(run.step)
    done = [first]  # steps so far

    def batch_end(param: Any) -> None:
        done[0] += 1
        if param.eval_metric is not None and (done[0] - first) % frequent == 0:
            run.log(_metrics(param, ""), step=done[0], epoch=param.epoch)
            param.eval_metric.reset_local()

    def eval_end(param: Any) -> None:
        if param.eval_metric is not None:
            run.log(_metrics(param, "val_"), step=max(1, done[0]), epoch=param.epoch)

    return {"batch_end_callback": batch_end, "eval_end_callback": eval_end}


def _metrics(param: Any, head: str) -> dict[str, float]:
    return {head + name: value for name, value in param.eval_metric.get_name_value()}
