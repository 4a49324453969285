"""`mx.mod`, `mx.module`: networks given as symbols, with everything that training needs.

`base_module.py` what all share, with `fit`; `module.py` a symbol on one device or several, whose
parts are in `executor_group.py`; `bucketing_module.py` one network for each length of sequences;
`sequential_module.py` modules behind each other; `python_module.py` modules that are functions;
`data_shapes.py` names, shapes and slices of batches.

Source: MXNet 1.6, `mxnet.module`.
"""

from .base_module import BaseModule
from .bucketing_module import BucketingModule
from .module import Module
from .python_module import PythonLossModule, PythonModule
from .sequential_module import SequentialModule
