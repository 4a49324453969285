"""`mx.optimizer`: how weights change, given gradients.

`optimizer.py` what all share; `descent.py` SGD and relatives; `adaptive.py` Adam and relatives;
`leaders.py` FTML, Ftrl; `layerwise.py` those for large batches; `contrib.py` GroupAdaGrad;
`updater.py` an optimizer with the states of all parameters; `states.py` these as files.
"""

from mxbook.ndarray import abs as NDabs

from . import contrib, optimizer
from .adaptive import AdaDelta, AdaGrad, Adam, Adamax, Nadam, RMSProp
from .descent import DCASGD, NAG, SGD, SGLD, Signum, Test, ccSGD
from .layerwise import LAMB, LARS, LBSGD
from .leaders import FTML, Ftrl
from .optimizer import Optimizer, create, register
from .updater import Updater, get_updater
