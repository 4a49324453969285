"""What a run shows that should make its owner stop and think: divergence, and fitting too well.

(Values that are not finite are noticed by each curve itself, see `Series.first_bad`.)
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .series import LAST, Series, group, means
from .style import Style
from .ticks import number

COLUMNS = 64  # stretches of equally many points that a curve is looked at in
LEAST = 8  # of them, before divergence is told
JUMPS = 5.0  # a rise counts when it is so many times what is usual between neighbours
PATIENCE = 3  # worse points after the best one, before over-fitting is told
SHARE = 0.1  # of what was gained that has to be lost again


class Alert(NamedTuple):
    """`kind` is "diverged" or "over-fit"; it began after `step`.

    `gap` is the distance between validation and training at the end.
    """

    kind: str
    curve: str
    step: float
    gap: float

    @property
    def text(self) -> str:
        """A few words for the picture."""
        if self.kind == "diverged":
            return f"diverges from step {number(self.step)}"
        return f"over-fit from step {number(self.step)}, gap {number(self.gap, 3)}"


def alerts(curves: Sequence[tuple[Style, Series]]) -> list[Alert]:
    """What should be told about curves with their looks.

    >>> from mxbook.explain import Run
    >>> run = Run()
    >>> for i in range(200):
    ...     run.log(loss=1 / (i + 1) if i < 100 else 0.02 * (i - 99))
    >>> [alert.text for alert in run.alerts]
    ['diverges from step 112']
    """
    found = [diverged(look, series) for look, series in curves]
    trains = {(s.panel, s.base): series for s, series in curves if s.role == "train"}
    for look, series in curves:
        train = trains.get((look.panel, look.base))
        if look.role == "validation" and train is not None:
            found.append(over_fit(look, series, train))
    return [alert for alert in found if alert is not None]


def _looked_at(series: Series) -> tuple[np.ndarray, np.ndarray]:
    """Last steps and means of a few dozen stretches; only what is finite."""
    buckets = group(series.buckets, -(-len(series.buckets) // COLUMNS))
    values = means(buckets)
    kept = np.isfinite(values)
    return buckets[kept, LAST], values[kept]


def diverged(look: Style, series: Series) -> Alert | None:
    """Whether a loss has become worse than at the beginning, by more than it had gained before.

    It began when the loss had lost half of what it had gained and did not come back.
    """
    if look.better != "min" or look.role != "train" or series.first_bad is not None:
        return None
    steps, values = _looked_at(series)
    if len(values) < LEAST:
        return None
    # Of three at either end the milder one counts, so that a single jump is no alarm.
    first, last, best = values[:3].max(), values[-3:].min(), int(np.argmin(values))
    usual = float(np.median(np.abs(np.diff(values))))
    gained = first - values[best]
    if best == 0 or last - first <= max(gained, JUMPS * usual):
        return None
    fine = np.flatnonzero(values <= (values[best] + first) / 2)
    return Alert("diverged", look.name, float(steps[fine[-1]]), float(last - values[best]))


def over_fit(look: Style, validation: Series, train: Series) -> Alert | None:
    """Whether validation has become worse since its best point while training went on improving."""
    if not look.better:
        return None
    sign = 1.0 if look.better == "min" else -1.0
    steps, values = _looked_at(validation)
    worse = sign * values
    if len(worse) <= PATIENCE + 1:
        return None
    best = int(np.argmin(worse))
    gained, lost = worse[0] - worse[best], worse[-1] - worse[best]
    if len(worse) - 1 - best < PATIENCE or best == 0 or lost <= SHARE * gained:
        return None
    then = train.between(steps[best - 1], steps[best])
    now = train.between(steps[-2], steps[-1])
    if not sign * now < sign * then:
        return None
    return Alert("over-fit", look.name, float(steps[best]), float(abs(values[-1] - now)))
