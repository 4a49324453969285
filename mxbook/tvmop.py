"""`mx.tvmop`: operators compiled by TVM.  There are none here; Numba and CUDA compile ours.

Source: MXNet 1.6, `mxnet.tvmop`, which is empty, too, unless MXNet was built with TVM.
"""
