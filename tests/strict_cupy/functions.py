"""CuPy's other functions and methods, as a table: what is not in it does not exist.

A line names a function and its arguments::

    sum          a | axis dtype out keepdims          before the bar: device arrays
    concatenate  [tup] | axis out                     [..]: a sequence of device arrays
    where        condition x? y?                      ?: a device array or a number
    einsum       subscripts= *operands                =: no array; *: any number of device arrays
"""

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np

from .core import checked_dtype, host_value, ndarray, operand, unwrap, wrap

FUNCTIONS = """
broadcast_to        array | shape
broadcast_arrays    *args |
expand_dims         a | axis
squeeze             a | axis
reshape             a newshape= | order
ravel               a | order
moveaxis            a | source destination
rollaxis            a | axis start
swapaxes            a | axis1 axis2
transpose           a | axes
atleast_1d          *arys |
atleast_2d          *arys |
atleast_3d          *arys |
concatenate         [tup] | axis out dtype casting
stack               [tup] | axis out dtype casting
vstack              [tup] | dtype casting
hstack              [tup] | dtype casting
dstack              [tup] |
column_stack        [tup] |
split               ary | indices_or_sections axis
array_split         ary | indices_or_sections axis
vsplit              ary | indices_or_sections
hsplit              ary | indices_or_sections
dsplit              ary | indices_or_sections
tile                A | reps
repeat              a | repeats axis
append              arr values | axis
flip                a | axis
fliplr              a |
flipud              a |
roll                a | shift axis
rot90               a | k axes
pad                 array | pad_width mode constant_values end_values reflect_type stat_length
unique              ar | return_index return_inverse return_counts axis equal_nan
trim_zeros          filt | trim

take                a indices? | axis out
take_along_axis     a indices | axis
choose              a [choices] | out mode
compress            condition a | axis out
diagonal            a | offset axis1 axis2
extract             condition a |
select              [condlist] [choicelist] | default
place               arr mask vals |
put                 a ind v? | mode
putmask             a mask values? |
fill_diagonal       a val? | wrap
nonzero             a |
argwhere            a |
flatnonzero         a |
where               condition x? y? |
diag                v | k
diagflat            v | k
tril                m | k
triu                m | k
vander              x | N increasing
ravel_multi_index   [multi_index] | dims mode order
unravel_index       indices dims= | order
ix_                 *args |
meshgrid            *xi | indexing sparse copy

sum                 a | axis dtype out keepdims
prod                a | axis dtype out keepdims
nansum              a | axis dtype out keepdims
nanprod             a | axis dtype out keepdims
cumsum              a | axis dtype out
cumprod             a | axis dtype out
nancumsum           a | axis dtype out
nancumprod          a | axis dtype out
mean                a | axis dtype out keepdims
var                 a | axis dtype out ddof keepdims
std                 a | axis dtype out ddof keepdims
nanmean             a | axis dtype out keepdims
nanvar              a | axis dtype out ddof keepdims
nanstd              a | axis dtype out ddof keepdims
average             a | axis weights? returned keepdims
median              a | axis out overwrite_input keepdims
percentile          a q? | axis out method keepdims
quantile            a q? | axis out method keepdims
amax                a | axis out keepdims
amin                a | axis out keepdims
max                 a | axis out keepdims
min                 a | axis out keepdims
nanmax              a | axis out keepdims
nanmin              a | axis out keepdims
ptp                 a | axis out keepdims
argmax              a | axis out keepdims
argmin              a | axis out keepdims
nanargmax           a | axis
nanargmin           a | axis
all                 a | axis out keepdims
any                 a | axis out keepdims
count_nonzero       a | axis
bincount            x | weights? minlength
digitize            x bins | right
histogram           x | bins? range weights? density
trace               a | offset axis1 axis2 dtype out
diff                a | n axis
clip                a a_min? a_max? | out
around              a | decimals out
round               a | decimals out
fix                 x | out
nan_to_num          x | copy nan posinf neginf
interp              x xp fp | left right period
convolve            a v | mode
correlate           a v | mode
real                val |
imag                val |
angle               z | deg
sinc                x |
i0                  x |
isclose             a b? | rtol atol equal_nan
allclose            a b? | rtol atol equal_nan
array_equal         a1 a2 | equal_nan
array_equiv         a1 a2 |
isin                element test_elements | assume_unique invert

sort                a | axis kind
argsort             a | axis kind
lexsort             keys |
partition           a | kth axis
argpartition        a | kth axis
searchsorted        a v? | side sorter

dot                 a b | out
vdot                a b |
inner               a b |
outer               a b | out
tensordot           a b | axes
kron                a b |
cross               a b | axisa axisb axisc axis
einsum              subscripts= *operands | dtype optimize

zeros_like          a | dtype order shape
ones_like           a | dtype order shape
full_like           a fill_value? | dtype order shape
empty_like          prototype | dtype order shape

zeros               | shape dtype order
ones                | shape dtype order
full                shape= fill_value? | dtype order
empty               | shape dtype order
eye                 | N M k dtype order
identity            | n dtype
tri                 | N M k dtype
linspace            start? stop? | num endpoint retstep dtype axis
logspace            start? stop? | num endpoint base dtype axis
indices             | dimensions dtype
tril_indices        | n k m
triu_indices        | n k m
"""

LINALG = """
norm                x | ord axis keepdims
matrix_power        M | n
cholesky            a |
qr                  a | mode
svd                 a | full_matrices compute_uv
eigh                a | UPLO
eigvalsh            a | UPLO
det                 a |
slogdet             a |
matrix_rank         M | tol
solve               a b |
tensorsolve         a b | axes
lstsq               a b | rcond
inv                 a |
pinv                a | rcond
tensorinv           a | ind
"""

FFT = """
fft                 a | n axis norm
ifft                a | n axis norm
rfft                a | n axis norm
irfft               a | n axis norm
"""

STRIDE_TRICKS = """
as_strided          x | shape strides
sliding_window_view x | window_shape axis
"""

METHODS = """
sum          self | axis dtype out keepdims
prod         self | axis dtype out keepdims
cumsum       self | axis dtype out
cumprod      self | axis dtype out
mean         self | axis dtype out keepdims
var          self | axis dtype out ddof keepdims
std          self | axis dtype out ddof keepdims
max          self | axis out keepdims
min          self | axis out keepdims
argmax       self | axis out keepdims
argmin       self | axis out keepdims
all          self | axis out keepdims
any          self | axis out keepdims
take         self indices? | axis out
choose       self [choices] | out mode
compress     self condition | axis out
diagonal     self | offset axis1 axis2
trace        self | offset axis1 axis2 dtype out
repeat       self repeats= | axis
squeeze      self | axis
swapaxes     self axis1= axis2= |
clip         self min? max? | out
round        self | decimals out
dot          self b | out
nonzero      self |
argsort      self | axis
argpartition self kth= | axis
searchsorted self v? | side sorter
ravel        self | order
flatten      self | order
conj         self |
conjugate    self |
sort         self | axis
partition    self kth= | axis
fill         self value? |
"""

CHOICES = {"kind": (None, "stable")}  # NumPy knows more
ALWAYS = {"put": {"mode": "wrap"}}  # CuPy's defaults where NumPy's differ
ARRAYS_BY_NAME = ("out", "sorter")  # arguments that are device arrays wherever they occur


class Argument:
    """One argument of the table: its name, and which values it takes."""

    def __init__(self, word: str):
        self.name = word.strip("[]?=*")
        self.many = word[0] == "["
        self.rest = word[0] == "*"
        self.number = word[-1] == "?"
        self.array = word[-1] != "=" and not self.many

    def taken(self, value, function: str):
        """The value for NumPy; TypeError where CuPy refuses it."""
        what = f"{self.name} of {function}"
        if self.many:
            return [unwrap(v, what) for v in value]
        if self.number:
            return value if value is None else operand(value)
        return unwrap(value, what) if self.array else host_value(value, what)


class Option(Argument):
    """An argument after the bar: no array, unless marked or known by its name."""

    def __init__(self, word: str):
        super().__init__(word)
        self.array = self.number or self.name in ARRAYS_BY_NAME

    def taken(self, value, function: str):
        """As for any argument, and only choices that CuPy has."""
        allowed = CHOICES.get(self.name)
        if allowed and value not in allowed:
            raise ValueError(f"{function}: {self.name}={value!r} is not supported by CuPy")
        if self.name == "dtype" and value is not None:
            return checked_dtype(value)
        return None if value is None else super().taken(value, function)


def bind(name: str, known: list[Argument], args: tuple, kwargs: dict) -> dict:
    """Arguments by name; TypeError for too many, doubled and unknown ones."""
    names = [a.name for a in known]
    if len(args) > len(known):
        raise TypeError(f"cupy's {name} takes at most {len(known)} arguments, got {len(args)}")
    given = dict(zip(names, args, strict=False))
    for key, value in kwargs.items():
        if key not in names or key in given:
            raise TypeError(f"cupy's {name} got an unexpected argument {key!r}")
        given[key] = value
    return given


def function(line: str, numpy_home) -> Callable:
    """The function (or method) that a line of the table describes; NumPy's does the work."""
    head, _, tail = line.partition("|")
    name, *words = head.split()
    arrays, options = [Argument(w) for w in words], [Option(w) for w in tail.split()]
    rest = arrays.pop() if arrays and arrays[-1].rest else None
    known = arrays + options
    numpy_function = getattr(numpy_home, name)
    always = ALWAYS.get(name, {})

    def call(*args, **kwargs):
        more = [rest.taken(a, name) for a in args[len(arrays) :]] if rest else []
        given = bind(name, known, args[: len(arrays)] if rest else args, kwargs)
        taken = {a.name: a.taken(given[a.name], name) for a in known if a.name in given}
        positional = [taken.pop(a.name) for a in arrays if a.name in taken]
        with np.errstate(all="ignore"):  # a device does not warn
            found = numpy_function(*positional, *more, **{**always, **taken})
        return wrap(found) if given.get("out") is None else given["out"]

    call.__name__ = call.__qualname__ = name
    return call


def table(text: str, numpy_home) -> dict[str, Callable]:
    """All functions of a table."""
    lines = [line for line in text.splitlines() if line]
    return {line.split()[0]: function(line, numpy_home) for line in lines}


functions = table(FUNCTIONS, np)
linalg = SimpleNamespace(**table(LINALG, np.linalg), LinAlgError=np.linalg.LinAlgError)
fft = SimpleNamespace(**table(FFT, np.fft))
stride_tricks = SimpleNamespace(**table(STRIDE_TRICKS, np.lib.stride_tricks))

for _name, _method in table(METHODS, np.ndarray).items():
    setattr(ndarray, _name, _method)
