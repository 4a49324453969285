"""Numbers, durations and axis ticks as people write them."""

import math
from itertools import pairwise


def number(value: float, digits: int = 4) -> str:
    """A short, readable number.

    >>> number(0.0341249), number(2.302585), number(12345.6), number(1e-5), number(float("nan"))
    ('0.03412', '2.303', '12,346', '1e-5', 'NaN')
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if 1000 <= abs(value) < 1e7:
        return f"{value:,.0f}"
    text = f"{value:.{digits}g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        return f"{mantissa}e{int(exponent)}"
    return text


def duration(seconds: float) -> str:
    """Seconds as people say them.

    >>> duration(0.25), duration(12.34), duration(245), duration(8000)
    ('0.2 s', '12.3 s', '4 min 05 s', '2 h 13 min')
    """
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def size(nbytes: float) -> str:
    """Bytes in units of a thousand, with at most three digits.

    >>> size(40), size(9408), size(11_689_512)
    ('40 B', '9.41 KB', '11.7 MB')
    """
    for power, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "KB")):
        if nbytes >= power:
            return f"{nbytes / power:.3g} {unit}"
    return f"{nbytes:g} B"


def rate(steps_per_second: float) -> str:
    """Speed in steps a second, or seconds a step when steps are slow.

    >>> rate(63.41), rate(0.4)
    ('63.4 steps/s', '2.5 s/step')
    """
    if steps_per_second >= 1:
        return f"{number(steps_per_second, 3)} steps/s"
    return f"{number(1 / steps_per_second, 3)} s/step" if steps_per_second > 0 else ""


def linear_ticks(low: float, high: float, count: int) -> list[float]:
    """Round values from low to high, about `count` of them, in steps of 1, 2 or 5.

    >>> linear_ticks(0, 1, 5)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return [low]
    raw = span / max(1, count)
    scale = 10.0 ** math.floor(math.log10(raw))
    step = next(m for m in (1, 2, 5, 10) if m * scale >= raw * 0.999) * scale
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    # Rounding removes 0.30000000000000004.
    places = max(0, -math.floor(math.log10(step)))
    return [round(i * step, places) + 0.0 for i in range(first, last + 1)]


def log_ticks(low: float, high: float, count: int) -> list[float]:
    """Powers of ten from low to high; with 2 and 5 when there are few; thinned when many.

    >>> log_ticks(0.01, 10, 5)
    [0.01, 0.1, 1.0, 10.0]
    >>> log_ticks(0.5, 3, 5)
    [0.5, 1.0, 2.0]
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))

    def inside(*factors: int) -> list[float]:
        ticks = [float(f"{f}e{power}") for power in range(first, last + 1) for f in factors]
        return [t for t in ticks if low * (1 - 1e-9) <= t <= high * (1 + 1e-9)]

    powers = inside(1)
    if len(powers) >= min(3, max(2, count)):
        return powers[:: -(-(len(powers) - 1) // max(1, count))]
    found = inside(1, 2, 5)
    return found if len(found) > 1 else linear_ticks(low, high, count)


def _short_and_different(values: list[float]) -> list[str]:
    """Readable numbers with as many digits as it takes to tell them apart."""
    for digits in range(4, 17):
        texts = [number(v, digits) for v in values]
        if len(set(texts)) == len(set(values)):
            break
    return texts


def tick_labels(ticks: list[float]) -> list[str]:
    """Labels with the same number of decimals for evenly spaced ticks.

    >>> tick_labels([0.0, 0.5, 1.0])
    ['0.0', '0.5', '1.0']
    >>> tick_labels([0.01, 0.1, 1.0])
    ['0.01', '0.1', '1']
    """
    if len(ticks) < 2:
        return [number(t) for t in ticks]
    step = ticks[1] - ticks[0]
    even = all(abs(b - a - step) < 1e-6 * abs(step) for a, b in pairwise(ticks))
    biggest = max(abs(t) for t in ticks)
    if not even or biggest >= 1e7 or step < 1e-5:
        return _short_and_different(ticks)
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    return [f"{t:,.{places}f}" for t in ticks]
