"""`mx.torch` and `mx.th`: functions of Lua Torch on NDArrays.

MXNet had them when it was built together with Torch 7, and none otherwise, as here.  PyTorch is
another thing: `mx.nd.to_dlpack_for_read` and `mx.nd.from_dlpack` exchange arrays with it, without
a copy.

Source: MXNet 1.6, `mxnet.torch`.
"""
