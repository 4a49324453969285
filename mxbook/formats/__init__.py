"""Files as plain bytes and NumPy arrays; nothing here knows an NDArray.

`params` MXNet's `.params` files, `recordio` record files, `pictures` PNG, JPEG and others, `idx`
and `cifar` files of data sets, `tensorboard` its event files, `atomic` writing in one step.
"""
