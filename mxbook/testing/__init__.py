"""Checking operators and gradients: what mxbook's own tests use, for everybody's operators.

    mx.testing.check_operator("exp")                  all checks on all examples of an operator
    mx.testing.check_gradient(lambda x: x * x, x)     gradients of any function of arrays

`gradients.py` compares derivatives with finite differences; `cases.py` turns an operator's examples
into inputs; `operators.py` holds one function for each property that an operator must have.
"""

from .gradients import check_gradient, numeric_derivative
from .operators import check_operator

__all__ = ["check_gradient", "check_operator", "numeric_derivative"]
