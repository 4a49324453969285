"""Special functions that neither NumPy nor CuPy's core has, of arrays of any shape.

All are computed in the type of the argument, float32 or float64, to nearly its full precision.
"""

import math

# ln(erfc(z) / t) + z^2 with t = 2 / (2 + z), as a sum of Chebyshev polynomials in 2 t - 1.
# These are facts of mathematics, computed with 40 digits; the last one matters at 1e-17.
_ERFC = (
    -1.3026537197817094342, 0.6419697923564902603, 0.019476473204185836312,
    -0.0095615147868086316419, -0.0009465953444820368663, 0.00036683949785276145187,
    4.2523324806907771645e-05, -2.0278578112534243154e-05, -1.6242900046470255135e-06,
    1.3036558355805232018e-06, 1.5626441722066143178e-08, -8.5238095914926542525e-08,
    6.5290544390988514964e-09, 5.0593434955514689418e-09, -9.9136415649303308674e-10,
    -2.2736512229318358557e-10, 9.646791102015526802e-11, 2.3940380830391147447e-12,
    -6.8860275264975533984e-12, 8.9448792730907257167e-13, 3.1309213993429580783e-13,
    -1.1270822361367252366e-13, 3.8109052551892320553e-16, 7.1060976136092369877e-15,
    -1.5230282014571043043e-15, -9.457494571291234002e-17, 1.2102371892242789925e-16,
    -2.8166630877471769733e-17,
)  # fmt: skip
_SINGLE_TERMS = 12  # enough for float32
_SERIES = tuple(  # erf(x) / x in powers of x^2, for small x
    2 / math.sqrt(math.pi) * (-1) ** n / (math.factorial(n) * (2 * n + 1)) for n in range(12)
)
# ln Gamma(x) - (x - 1/2) ln x + x - ln(2 pi) / 2 in odd powers of 1 / x (Stirling): from
# Bernoulli's numbers B_2, B_4, ... as B_2k / (2 k (2 k - 1)).
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)
_FAR = 10.0  # from here on the series for large arguments are exact enough


def erfc_positive(xp, z):
    """The complement of the error function, `1 - erf(z)`, for z >= 0; exact where it is tiny."""
    t = 2 / (z + 2)
    y = 4 * t - 2
    now = before = xp.zeros_like(z)
    terms = _ERFC if z.dtype.itemsize == 8 else _ERFC[:_SINGLE_TERMS]
    for coefficient in terms[:0:-1]:  # Clenshaw's recurrence
        now, before = y * now - before + coefficient, now
    return t * xp.exp(-z * z + 0.5 * (y * now + terms[0]) - before)


def erf(xp, x):
    """The error function, `2 / sqrt(pi)` times the integral of `exp(-t^2)` from 0 to x."""
    square = xp.minimum(x * x, 1)
    series = xp.full_like(x, _SERIES[-1])
    for coefficient in _SERIES[-2::-1]:
        series *= square
        series += coefficient
    far = xp.copysign(1 - erfc_positive(xp, xp.abs(x)), x)
    return xp.where(xp.abs(x) < 0.5, x * series, far)


def erfinv(xp, x):
    """The number whose error function is x; infinite at -1 and 1, NaN beyond."""
    size = xp.minimum(xp.abs(x), 1)
    rest = 1 - size
    # Winitzki's approximation is good to 0.002; each of Halley's steps trebles the digits.
    log = xp.log(xp.maximum(rest * (1 + size), 1e-300 if x.dtype.itemsize == 8 else 1e-37))
    middle = 2 / (math.pi * 0.147) + log / 2
    y = xp.sqrt(xp.maximum(xp.sqrt(middle * middle - log / 0.147) - middle, 0))
    for _ in range(3):
        error = xp.where(size < 0.5, erf(xp, y) - size, rest - erfc_positive(xp, y))
        y = y - error / (2 / math.sqrt(math.pi) * xp.exp(-y * y) + y * error)
    y = xp.where(size == 1, xp.inf, y)
    return xp.where(xp.abs(x) > 1, xp.nan, xp.copysign(y, x))


def _shifted_up(xp, x):
    """x moved up to at least _FAR, and the product of all numbers passed on the way."""
    passed = xp.ones_like(x)
    for _ in range(int(_FAR)):
        low = x < _FAR
        passed = xp.where(low, passed * x, passed)
        x = xp.where(low, x + 1, x)
    return x, passed


def _log_gamma_positive(xp, x):
    """ln Gamma(x) for x > 0, by Stirling's series and Gamma(x) = Gamma(x + 1) / x."""
    far, passed = _shifted_up(xp, x)
    square = 1 / (far * far)
    series = xp.zeros_like(far)
    for k in range(len(_BERNOULLI), 0, -1):
        series = series * square + _BERNOULLI[k - 1] / (2 * k * (2 * k - 1))
    stirling = (far - 0.5) * xp.log(far) - far + 0.5 * math.log(2 * math.pi) + series / far
    return stirling - xp.log(passed)


def _is_pole(xp, x):
    return (x <= 0) & (x == xp.floor(x))


def log_gamma(xp, x):
    """The logarithm of |Gamma(x)|; infinite at 0, -1, -2, ..."""
    below = x < 0.5
    positive = _log_gamma_positive(xp, xp.where(below, 1 - x, x))
    # Gamma(x) Gamma(1 - x) = pi / sin(pi x)
    sine = xp.abs(xp.sin(math.pi * (x - xp.floor(x))))
    sine = xp.where(_is_pole(xp, x) | ~below, 1, sine)
    found = xp.where(below, math.log(math.pi) - xp.log(sine) - positive, positive)
    return xp.where(_is_pole(xp, x), xp.inf, found)


def gamma(xp, x):
    """The gamma function, (x - 1)! for whole numbers; infinite at 0, NaN at -1, -2, ..."""
    size = xp.exp(log_gamma(xp, x))
    # Below 0 the sign changes from one whole number to the next.
    odd = (x < 0) & (xp.floor(x) % 2 != 0)
    found = xp.where(odd, -size, size)
    whole = (x > 0) & (x == xp.floor(x))
    found = xp.where(whole, xp.rint(found), found)
    return xp.where((x < 0) & _is_pole(xp, x), xp.nan, found)


MOST_DERIVATIVES = 100  # beyond, numbers like 100! are out of range


def polygamma(xp, order: int, x):
    """The derivative number `order` of digamma, the derivative of ln Gamma; NaN at its poles."""
    x = xp.where(_is_pole(xp, x), xp.nan, x)
    below = x < 0.5
    # digamma(x) = digamma(1 - x) - pi cot(pi x), differentiated
    mirrored = _polygamma_positive(xp, order, xp.where(below, 1 - x, x))
    if not bool(below.any()):
        return mirrored
    turned = (-1) ** order * mirrored - _cotangent(xp, order, xp.where(below, x, 0.25))
    return xp.where(below, turned, mirrored)


def _cotangent(xp, order: int, x):
    """The derivative number `order` of `pi cot(pi x)`: a polynomial in `c = cot(pi x)`."""
    c = 1 / xp.tan(math.pi * (x - xp.rint(x)))
    powers = [0.0, math.pi]
    for _ in range(order):  # the derivative of c is -pi (1 + c^2)
        slope = [i * a for i, a in enumerate(powers)][1:]
        powers = [-math.pi * (a + b) for a, b in zip([*slope, 0, 0], [0, 0, *slope], strict=True)]
    found = xp.zeros_like(c)
    for a in reversed(powers):
        found = found * c + a
    return found


def _polygamma_positive(xp, n: int, x):
    total = xp.zeros_like(x)
    low = x < _FAR + n
    while bool(low.any()):  # f(x) = f(x + 1) - (-1)^n n! / x^(n + 1)
        total = xp.where(low, total + 1 / xp.where(low, x, 1) ** (n + 1), total)
        x = xp.where(low, x + 1, x)
        low = x < _FAR + n
    near = (-1) ** (n + 1) * math.factorial(n) * total
    return near + _polygamma_far(xp, n, x)


def _polygamma_far(xp, n: int, x):
    """The series in 1 / x for large x: the derivatives of Stirling's."""
    if n == 0:
        found = xp.log(x) - 0.5 / x
    else:
        sign = (-1) ** (n + 1)
        found = sign * (math.factorial(n - 1) / x**n + math.factorial(n) / (2 * x ** (n + 1)))
    for k, bernoulli in enumerate(_BERNOULLI, 1):
        factor = bernoulli * math.factorial(2 * k + n - 1) / math.factorial(2 * k)
        found = found + (-1) ** (n + 1) * factor / x ** (2 * k + n)
    return found
