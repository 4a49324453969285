"""Learning rate schedules: the learning rate as a function of the number of updates made so far.

A scheduler is called with the number of updates and returns the learning rate.  During the first
`warmup_steps` updates the rate rises from `warmup_begin_lr` to the base rate (mode `linear`) or
stays at `warmup_begin_lr` (mode `constant`).

>>> schedule = FactorScheduler(step=2, factor=0.5, base_lr=1.0)
>>> [schedule(n) for n in range(1, 7)]
[1.0, 1.0, 0.5, 0.5, 0.25, 0.25]

Source: MXNet 1.6, `mxnet.lr_scheduler`.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import cos, pi

from mxbook.base.errors import ParameterError

__all__ = [
    "CosineScheduler",
    "FactorScheduler",
    "LRScheduler",
    "MultiFactorScheduler",
    "PolyScheduler",
]


class LRScheduler:
    """Base of all schedules; a subclass defines `__call__(num_update)`.

    Raises ParameterError for a warm-up that is negative, of an unknown mode, or starts above
    `base_lr`.
    """

    def __init__(
        self,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ):
        if not isinstance(warmup_steps, int) or warmup_steps < 0:
            raise ParameterError(
                f"warmup_steps cannot be {warmup_steps!r}", rule="a whole number, not negative"
            )
        if warmup_begin_lr > base_lr:
            raise ParameterError(
                "the warm-up starts above the base rate",
                rule="warmup_begin_lr <= base_lr",
                values=[("warmup_begin_lr", str(warmup_begin_lr)), ("base_lr", str(base_lr))],
            )
        if warmup_mode not in ("linear", "constant"):
            raise ParameterError(
                f"warmup_mode cannot be {warmup_mode!r}", rule="linear or constant"
            )
        self.base_lr = base_lr
        self.warmup_steps = warmup_steps
        self.warmup_begin_lr = warmup_begin_lr
        self.warmup_final_lr = base_lr
        self.warmup_mode = warmup_mode

    def get_warmup_lr(self, num_update: int) -> float:
        """The rate during the warm-up, i.e. for `num_update < warmup_steps`."""
        if self.warmup_mode == "constant":
            return self.warmup_begin_lr
        rise = self.warmup_final_lr - self.warmup_begin_lr
        return self.warmup_begin_lr + rise * num_update / self.warmup_steps

    def __call__(self, num_update: int) -> float:
        """The learning rate after so many updates."""
        raise ParameterError(f"{type(self).__name__} must define __call__(self, num_update)")


def _check_factor(factor: float) -> None:
    if factor > 1.0:
        raise ParameterError(f"factor cannot be {factor}", rule="at most 1: the rate must not grow")


class FactorScheduler(LRScheduler):
    """Multiplies the rate by `factor` every `step` updates, down to `stop_factor_lr`.

    Raises ParameterError for a step below 1 or a factor above 1.
    """

    def __init__(
        self,
        step: int,
        factor: float = 1,
        stop_factor_lr: float = 1e-8,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ):
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        if step < 1:
            raise ParameterError(f"step cannot be {step}", rule="at least 1")
        _check_factor(factor)
        self.step = step
        self.factor = factor
        self.stop_factor_lr = stop_factor_lr
        self.count = 0  # the update at which the rate last changed

    def __call__(self, num_update: int) -> float:
        """The learning rate after so many updates; `num_update` must not decrease between calls."""
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        while num_update > self.count + self.step:
            self.count += self.step
            self.base_lr = max(self.base_lr * self.factor, self.stop_factor_lr)
        return self.base_lr


class MultiFactorScheduler(LRScheduler):
    """Multiplies the rate by `factor` after each of the given numbers of updates.

    >>> schedule = MultiFactorScheduler(step=[2, 3], factor=0.5, base_lr=1.0)
    >>> [schedule(n) for n in range(1, 6)]
    [1.0, 1.0, 0.5, 0.25, 0.25]

    Raises ParameterError unless the steps increase and the factor is at most 1.
    """

    def __init__(
        self,
        step: Sequence[int],
        factor: float = 1,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ):
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        steps = list(step)
        if not steps or steps[0] < 1 or any(b <= a for a, b in pairwise(steps)):
            raise ParameterError(f"step cannot be {step!r}", rule="an increasing list, from 1 on")
        _check_factor(factor)
        self.step = steps
        self.factor = factor
        self.cur_step_ind = 0  # how many of the steps have been taken
        self.count = 0

    def __call__(self, num_update: int) -> float:
        """The learning rate after so many updates; `num_update` must not decrease between calls."""
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        while self.cur_step_ind < len(self.step) and num_update > self.step[self.cur_step_ind]:
            self.count = self.step[self.cur_step_ind]
            self.cur_step_ind += 1
            self.base_lr *= self.factor
        return self.base_lr


class _Annealed(LRScheduler):
    """Goes from `base_lr` to `final_lr` within `max_update` updates, then stays there."""

    def __init__(
        self,
        max_update: int,
        base_lr: float,
        final_lr: float,
        warmup_steps: int,
        warmup_begin_lr: float,
        warmup_mode: str,
    ):
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        if not isinstance(max_update, int) or max_update < 1:
            raise ParameterError(
                f"max_update cannot be {max_update!r}", rule="a whole number, at least 1"
            )
        if warmup_steps >= max_update:
            raise ParameterError(
                f"a warm-up of {warmup_steps} updates does not end before update {max_update}",
                rule="warmup_steps < max_update",
            )
        self.base_lr_orig = base_lr
        self.final_lr = final_lr
        self.max_update = max_update
        self.max_steps = max_update - warmup_steps

    def _share(self, done: float) -> float:
        """How much of the way down is still ahead when `done` of the steps are done: a straight
        line.
        """
        return 1 - done

    def __call__(self, num_update: int) -> float:
        """The learning rate after so many updates."""
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        if num_update <= self.max_update:
            done = float(num_update - self.warmup_steps) / float(self.max_steps)
            fall = self.base_lr_orig - self.final_lr
            self.base_lr = self.final_lr + fall * self._share(done)
        return self.base_lr


class PolyScheduler(_Annealed):
    """A polynomial: `final_lr + (base_lr - final_lr) * (1 - n / max_steps) ** pwr`."""

    def __init__(
        self,
        max_update: int,
        base_lr: float = 0.01,
        pwr: float = 2,
        final_lr: float = 0,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ):
        super().__init__(max_update, base_lr, final_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        self.power = pwr

    def _share(self, done: float) -> float:
        return (1 - done) ** self.power


class CosineScheduler(_Annealed):
    """Half a wave: `final_lr + (base_lr - final_lr) * (1 + cos(pi * n / max_steps)) / 2`.

    >>> schedule = CosineScheduler(max_update=4, base_lr=1.0)
    >>> [round(schedule(n), 3) for n in range(5)]
    [1.0, 0.854, 0.5, 0.146, 0.0]

    Source: Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2016.
    """

    def __init__(
        self,
        max_update: int,
        base_lr: float = 0.01,
        final_lr: float = 0,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ):
        super().__init__(max_update, base_lr, final_lr, warmup_steps, warmup_begin_lr, warmup_mode)

    def _share(self, done: float) -> float:
        return (1 + cos(pi * done)) / 2
