"""What is where in the vector of all parameters of RNN."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mxbook.ops import packed

SIZES = (
    st.integers(1, 4),
    st.integers(1, 3),
    st.sampled_from(sorted(packed.GATES)),
    st.booleans(),
)


@given(st.integers(1, 5), *SIZES)
def test_the_parts_are_the_whole(inputs, hidden, layers, mode, bidirectional):
    sizes = (hidden, layers, mode, bidirectional)
    count = packed.vector_size(inputs, *sizes)
    assert packed.input_size(count, *sizes) == inputs
    vector = np.arange(count)
    views = packed.gate_views(vector, inputs, *sizes)
    assert np.concatenate([view.ravel() for view in views.values()]).tolist() == vector.tolist()
    gates, sides = len(packed.GATES[mode]), 2 if bidirectional else 1
    assert len(views) == 4 * gates * layers * sides
    first = views[f"l0_i2h{packed.GATES[mode][0]}_weight"]
    assert first.shape == (hidden, inputs)
    first[...] = -1
    assert (vector[: first.size] == -1).all()
