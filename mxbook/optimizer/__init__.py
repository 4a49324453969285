"""`mx.optimizer`: how weights change, given gradients.

`optimizer.py` what all share; `descent.py` SGD and relatives; `adaptive.py` Adam and relatives;
`updater.py` an optimizer with the states of all parameters; `states.py` these as files.
"""

from . import optimizer
from .adaptive import AdaDelta, AdaGrad, Adam, Adamax, Nadam, RMSProp
from .descent import NAG, SGD, SGLD, Test, ccSGD
from .optimizer import Optimizer, create, register
from .updater import Updater, get_updater
