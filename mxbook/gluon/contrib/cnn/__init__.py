"""`gluon.contrib.cnn`: convolutions on trial."""

from .conv_layers import DeformableConvolution
