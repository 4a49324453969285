"""Signatures of the functions of `mx.np` and `mx.npx`.

In MXNet this module gives generated functions the signatures of written ones.  Here every function
is made with its own from the beginning (`imperative/front.py`), so there is nothing left to do; the
name is kept for programs that import it.

Source: MXNet 1.6, `mxnet.numpy_op_signature`.
"""
