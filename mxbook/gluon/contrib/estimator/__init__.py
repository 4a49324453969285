"""`gluon.contrib.estimator`: the training loop, with handlers for what should happen on the way.

    estimator = Estimator(net, gluon.loss.SoftmaxCrossEntropyLoss(), trainer=trainer)
    estimator.fit(train_data, val_data, epochs=5)

`estimator.py` Estimator; `batch_processor.py` what is done with one batch; `events.py` when
handlers are called; `event_handler.py` the handlers, `checkpoint.py` the one that writes files,
`curves.py` the one that draws; `metrics.py` and `monitor.py` which metrics there are and which way
is up.
"""

from .batch_processor import BatchProcessor
from .curves import CurvesHandler
from .estimator import Estimator
from .event_handler import (
    BatchBegin,
    BatchEnd,
    CheckpointHandler,
    EarlyStoppingHandler,
    EpochBegin,
    EpochEnd,
    GradientUpdateHandler,
    LoggingHandler,
    MetricHandler,
    StoppingHandler,
    TrainBegin,
    TrainEnd,
    ValidationHandler,
)

__all__ = [
    "BatchBegin",
    "BatchEnd",
    "BatchProcessor",
    "CheckpointHandler",
    "CurvesHandler",
    "EarlyStoppingHandler",
    "EpochBegin",
    "EpochEnd",
    "Estimator",
    "GradientUpdateHandler",
    "LoggingHandler",
    "MetricHandler",
    "StoppingHandler",
    "TrainBegin",
    "TrainEnd",
    "ValidationHandler",
]
