// The kernels that profit from wide vectors, compiled once per instruction set: CK_NAME appends the set's name.
// Plain C whose loops clang vectorises; sums run in eight lanes because a strict sum cannot be reordered.

#define CK_LANES 8

static inline float CK_NAME(sum_lanes)(const float *lanes) {
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

void CK_NAME(ck_layer_norm)(
    const float *source, float *destination, const float *weight, const float *bias, size_t rows, size_t columns,
    float epsilon) {
    for (size_t row = 0; row < rows; row++) {
        const float *x = source + row * columns;
        float *y = destination + row * columns;
        float lanes[CK_LANES] = {0};
        size_t i = 0;
        for (; i + CK_LANES <= columns; i += CK_LANES)
            for (size_t l = 0; l < CK_LANES; l++) lanes[l] += x[i + l];
        for (; i < columns; i++) lanes[0] += x[i];
        float mean = CK_NAME(sum_lanes)(lanes) / (float)columns;
        for (size_t l = 0; l < CK_LANES; l++) lanes[l] = 0.0f;
        for (i = 0; i + CK_LANES <= columns; i += CK_LANES)
            for (size_t l = 0; l < CK_LANES; l++) lanes[l] += (x[i + l] - mean) * (x[i + l] - mean);
        for (; i < columns; i++) lanes[0] += (x[i] - mean) * (x[i] - mean);
        float scale = 1.0f / sqrtf(CK_NAME(sum_lanes)(lanes) / (float)columns + epsilon);
        for (i = 0; i < columns; i++) y[i] = (x[i] - mean) * scale * weight[i] + bias[i];
    }
}
