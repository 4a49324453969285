"""Operators of `mx.np` and `mx.npx` that do what older ones do, under the names files know them by.

MXNet 1.6 has two kinds: further names of an operator, and operators of their own with the same
meaning.  What `mx.np` does in another way is in the other files `numpy_*.py`.
"""

from mxbook.ops.registry import also_named, operators
from mxbook.ops.tables import twin

FURTHER_NAMES = {
    "Deconvolution": ("_npx_deconvolution",),
    "ROIPooling": ("_npx_roi_pooling",),
    "SequenceMask": ("_npx_sequence_mask",),
    "_contrib_MultiBoxDetection": ("_npx_multibox_detection",),
    "_contrib_MultiBoxPrior": ("_npx_multibox_prior",),
    "_contrib_MultiBoxTarget": ("_npx_multibox_target",),
    "_contrib_boolean_mask": ("_npi_boolean_mask",),
    "_cvimdecode": ("_npi_cvimdecode",),
    "_cvimread": ("_npi_cvimread",),
    "_cvimresize": ("_npi_cvimresize",),
    "_histogram": ("_npi_histogram",),
    "_hypot_scalar": ("_npi_hypot_scalar",),
    "_linspace": ("_npi_linspace",),
    "_maximum_scalar": ("_npi_maximum_scalar",),
    "_minimum_scalar": ("_npi_minimum_scalar",),
    "_random_randint": ("_npi_random_randint",),
    "_rnn_param_concat": ("_npi_rnn_param_concat",),
    "_scatter_set_nd": ("_npi_scatter_set_nd",),
    "_shuffle": ("_np__random_shuffle",),
    "broadcast_maximum": ("_npi_maximum",),
    "broadcast_minimum": ("_npi_minimum",),
}
PICTURES = """
    adjust_lighting crop flip_left_right flip_top_bottom random_brightness random_color_jitter
    random_contrast random_flip_left_right random_flip_top_bottom random_hue random_lighting
    random_saturation resize
""".split()
for old, names in FURTHER_NAMES.items():
    also_named(operators[old], *names)
for picture in PICTURES:
    also_named(operators[f"_image_{picture}"], f"_npx__image_{picture}")

UNARY = """
    arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil cos cosh degrees exp expm1 fix floor log
    log10 log1p log2 negative radians reciprocal rint sign sin sinh sqrt square tan tanh trunc
""".split()
for function in UNARY:
    twin(operators[function], f"_npi_{function}", inputs=("x",))
twin(operators["abs"], "_npi_absolute", "_npi_abs", inputs=("x",))
for one in ("zeros_like", "ones_like", "copy"):
    twin(operators["_copy" if one == "copy" else one], f"_np_{one}", inputs=("a",))
for layer in ("relu", "sigmoid"):
    twin(operators[layer], f"_npx_{layer}")

for form in ("mod", "power"):
    twin(operators[f"broadcast_{form}"], f"_npi_{form}")
    twin(operators[f"_{form}_scalar"], f"_npi_{form}_scalar")
    twin(operators[f"_r{form}_scalar"], f"_npi_r{form}_scalar")
for form in ("plus", "minus", "mul"):
    name = {"plus": "add", "minus": "subtract", "mul": "multiply"}[form]
    twin(operators[f"_{form}_scalar"], f"_npi_{name}_scalar")
twin(operators["_rminus_scalar"], "_npi_rsubtract_scalar")

twin(operators["Concat"], "_npi_concatenate")
twin(operators["stack"], "_npi_stack")
twin(operators["reverse"], "_npi_flip")
