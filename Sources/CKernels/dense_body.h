// The kernels that profit from wide vectors, compiled once per instruction set: CK_NAME appends the set's name.
// Plain C whose loops clang vectorises; sums run in eight lanes because a strict sum cannot be reordered.

#define CK_LANES 8

// e^x for x <= 0, relative error < 2e-7: 2^n * p(r) with |r| <= ln(2)/2; below e^-87 it is 0.
static inline float CK_NAME(exponential)(float x) {
    float clamped = x > -87.0f ? x : -87.0f;
    // Adding 1.5 * 2^23 rounds to the nearest integer, kept in the low mantissa bits.
    float shifted = clamped * 1.44269504088896341f + 12582912.0f;
    float n = shifted - 12582912.0f;
    float r = clamped - n * 0.693145751953125f;
    r = r - n * 1.42860682030941723e-6f;
    float p = 1.0f / 5040.0f;
    p = p * r + 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    uint32_t bits;
    memcpy(&bits, &p, 4);
    bits += (uint32_t)(int32_t)n << 23;
    float result;
    memcpy(&result, &bits, 4);
    return x > -87.0f ? result : 0.0f;
}

// x * Phi(x) with the error function by Abramowitz & Stegun 7.1.26 (absolute error 1.5e-7).
static inline float CK_NAME(gelu)(float x) {
    float z = x * 0.70710678118654752f;
    float magnitude = z < 0.0f ? -z : z;
    float t = 1.0f / (1.0f + 0.3275911f * magnitude);
    float p = 1.061405429f;
    p = p * t - 1.453152027f;
    p = p * t + 1.421413741f;
    p = p * t - 0.284496736f;
    p = p * t + 0.254829592f;
    // The complement keeps its relative precision in the negative tail.
    float complement = p * t * CK_NAME(exponential)(-magnitude * magnitude);
    float phi = x < 0.0f ? 0.5f * complement : 1.0f - 0.5f * complement;
    return x * phi;
}

void CK_NAME(ck_finish_rows)(
    float *values, const float *bias, const float *residual, size_t rows, size_t columns, size_t stride, int activation) {
    for (size_t row = 0; row < rows; row++) {
        float *line = values + row * stride;
        if (bias && residual) {
            const float *other = residual + row * stride;
            for (size_t i = 0; i < columns; i++) line[i] += bias[i] + other[i];
        } else if (bias) {
            for (size_t i = 0; i < columns; i++) line[i] += bias[i];
        } else if (residual) {
            const float *other = residual + row * stride;
            for (size_t i = 0; i < columns; i++) line[i] += other[i];
        }
        if (activation == CK_RELU) {
            for (size_t i = 0; i < columns; i++) line[i] = line[i] > 0.0f ? line[i] : 0.0f;
        } else if (activation == CK_GELU) {
            for (size_t i = 0; i < columns; i++) line[i] = CK_NAME(gelu)(line[i]);
        }
    }
}

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

void CK_NAME(ck_softmax_rows)(float *values, size_t rows, size_t columns, size_t stride, float scale) {
    if (columns == 0) return;
    for (size_t row = 0; row < rows; row++) {
        float *x = values + row * stride;
        float lanes[CK_LANES];
        for (size_t l = 0; l < CK_LANES; l++) lanes[l] = x[0] * scale;
        size_t i = 0;
        for (; i + CK_LANES <= columns; i += CK_LANES)
            for (size_t l = 0; l < CK_LANES; l++) {
                float scaled = x[i + l] * scale;
                lanes[l] = scaled > lanes[l] ? scaled : lanes[l];
            }
        for (; i < columns; i++) lanes[0] = x[i] * scale > lanes[0] ? x[i] * scale : lanes[0];
        float largest = lanes[0];
        for (size_t l = 1; l < CK_LANES; l++) largest = lanes[l] > largest ? lanes[l] : largest;
        for (size_t l = 0; l < CK_LANES; l++) lanes[l] = 0.0f;
        for (i = 0; i < columns; i++) x[i] = CK_NAME(exponential)(x[i] * scale - largest);
        for (i = 0; i + CK_LANES <= columns; i += CK_LANES)
            for (size_t l = 0; l < CK_LANES; l++) lanes[l] += x[i + l];
        for (; i < columns; i++) lanes[0] += x[i];
        float factor = 1.0f / CK_NAME(sum_lanes)(lanes);
        for (i = 0; i < columns; i++) x[i] *= factor;
    }
}
