"""Heavy computations on raw arrays, called by the kernels of the operators in `families`.

Every function takes the array module `xp` (numpy or cupy) first.
"""
