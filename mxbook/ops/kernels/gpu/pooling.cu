// Max pooling, on the way back: each number of `delta` is added to the largest element of its window,
// the first of equals.
//
// One thread for each window and channel.  Arrays are (n, height, width, channels); `out`, like
// `data`, is 0 before.  Windows that share elements add with atomicAdd.

extern "C" __global__ void to_maxima(
    const REAL* delta, const REAL* data, REAL* out, long long count,
    int height, int width, int channels, int rows, int columns,
    int kernel_h, int kernel_w, int stride_h, int stride_w, int pad_h, int pad_w)
{
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i >= count) return;
    int channel = i % channels;
    int column = i / channels % columns;
    int row = i / channels / columns % rows;
    long long image = i / channels / columns / rows * height * width * channels;

    int top = row * stride_h - pad_h, left = column * stride_w - pad_w;
    int bottom = min(top + kernel_h, height), right = min(left + kernel_w, width);
    top = max(top, 0);
    left = max(left, 0);

    long long best = image + ((long long)top * width + left) * channels + channel;
    for (int y = top; y < bottom; ++y)
        for (int x = left; x < right; ++x) {
            long long here = image + ((long long)y * width + x) * channels + channel;
            if (data[here] > data[best]) best = here;
        }
    if (stride_h >= kernel_h && stride_w >= kernel_w)
        out[best] = delta[i];
    else
        atomicAdd(out + best, delta[i]);
}
