"""`gluon.model_zoo`: networks that are known by name; `vision` for pictures, `model_store` fetches
their parameters."""

from . import model_store, vision
