"""File formats: MXNet's `.params` files (`params`) and the idx files of MNIST (`idx`).

Plain functions between bytes and NumPy arrays; nothing here knows an NDArray.
"""
