"""`mx.contrib.svrg_optimization`: training with stochastic variance-reduced gradients."""

from . import svrg_module
