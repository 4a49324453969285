"""Pictures that are turned, stretched, slanted and moved a little, and show the same."""

from mxbook import nd


def warped(pictures: nd.NDArray) -> nd.NDArray:
    """Each of the pictures (n, channels, height, width) by chance in a way of its own."""
    n, _, height, width = pictures.shape
    angle = nd.random.uniform(-0.25, 0.25, n)  # radians
    x_scale, y_scale = nd.random.uniform(0.85, 1.15, (2, n))
    slant = nd.random.uniform(-0.2, 0.2, n)
    right, down = nd.random.uniform(-0.12, 0.12, (2, n))  # in halves of the picture
    cos, sin = angle.cos(), angle.sin()
    affine = (cos * x_scale, sin * x_scale + slant, right, -sin * y_scale, cos * y_scale, down)
    grid = nd.GridGenerator(nd.stack(*affine, axis=1), "affine", target_shape=(height, width))
    return nd.BilinearSampler(pictures, grid)
