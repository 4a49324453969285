// Non-maximum suppression: the first box that waits is kept, those near it wait no longer, and so on.
//
// One block for each image, whose threads compare the box that was kept with all that follow.
// `boxes` is (images, n, 4), left, top, right, bottom; `classes`, if not null, and `areas` are
// (images, n); `waiting` and `found` have a byte for each box, and `found` is 0 before.

// The lesser and the greater of two numbers; NaN, if one is NaN, as in NumPy.
__device__ REAL lesser(REAL a, REAL b) { return a < b || a != a ? a : b; }
__device__ REAL greater(REAL a, REAL b) { return a > b || a != a ? a : b; }

extern "C" __global__ void kept(
    const REAL* boxes, const REAL* areas, const REAL* classes, unsigned char* waiting,
    unsigned char* found, int n, int most, REAL limit, int inclusive, int pixel)
{
    long long first = (long long)blockIdx.x * n;
    int steps = 0;
    for (int i = 0; i < n && steps < most; ++i) {
        __syncthreads();  // all marks of the step before are made
        if (!waiting[first + i]) continue;
        ++steps;
        if (threadIdx.x == 0) found[first + i] = 1;
        const REAL* a = boxes + (first + i) * 4;
        for (int j = i + 1 + threadIdx.x; j < n; j += blockDim.x) {
            if (!waiting[first + j]) continue;
            if (classes && classes[first + i] != classes[first + j]) continue;
            const REAL* b = boxes + (first + j) * 4;
            REAL width = lesser(a[2], b[2]) - greater(a[0], b[0]) + pixel;
            REAL height = lesser(a[3], b[3]) - greater(a[1], b[1]) + pixel;
            REAL common = width > 0 && height > 0 ? width * height : (REAL)0;
            REAL both = areas[first + i] + areas[first + j] - common;
            REAL overlap = both > 0 ? common / both : (REAL)0;
            if (inclusive ? overlap >= limit : overlap > limit) waiting[first + j] = 0;
        }
    }
}
