"""Images of bytes in another size, pixel by pixel."""

import numpy as np

from .jit import EXACT, kernel


@kernel(
    "void(u1[:,::1], i8[:,:], i4[:,:], u4[::1], u4[::1], i4[::1], i4[::1], u1[:,::1])",
    fastmath=EXACT,
)
def two_each_way_kernel(image, rows, down, left, right, near, far, out):
    """Fill `out`: number x of a row is made of the numbers left[x] and right[x] of two old rows.

    Two stretched rows are kept, as neighbours share them.
    """
    height, width = out.shape
    lines = np.empty((2, width), np.int32)
    held = np.full(2, -1, np.int64)
    for i in range(height):
        for t in range(2):
            row = rows[i, t]
            if held[row & 1] == row:
                continue
            held[row & 1] = row
            old, line = image[row], lines[row & 1]
            for x in range(width):
                line[x] = (old[left[x]] * near[x] + old[right[x]] * far[x]) >> 4
        upper, lower, new = lines[rows[i, 0] & 1], lines[rows[i, 1] & 1], out[i]
        high, low = down[i, 0], down[i, 1]
        for x in range(width):
            total = ((upper[x] * high) >> 16) + ((lower[x] * low) >> 16)
            new[x] = (total + 2) >> 2


def two_each_way(_xp, _k, images, rows, down, places, across):
    """Bytes made of two old columns and two old rows each."""
    if images.ndim != 2:
        return NotImplemented
    out = np.empty((len(rows), len(places)), np.uint8)
    left, right = np.ascontiguousarray(places.T, np.uint32)
    near, far = np.ascontiguousarray(across.T)
    two_each_way_kernel(images, rows, down, left, right, near, far, out)
    return out
