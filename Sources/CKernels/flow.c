#include "ck_flow.h"

#include <math.h>

// The authors' soft clamp: 2 * 0.636 * atan keeps log-scales within -2 and 2.
static const float clamp = 2.0f * 0.636f;

void ck_couple(const float *raw, size_t rows, size_t width, const float *x, float *y, size_t stride, float *log_jacobian) {
    for (size_t r = 0; r < rows; r++, raw += 2 * width, x += stride, y += stride) {
        double sum = 0;
        for (size_t c = 0; c < width; c++) {
            float s = clamp * atanf(raw[c]);
            sum += s;
            y[c] = expf(s) * x[c] + raw[width + c];
        }
        log_jacobian[r] += (float)sum;
    }
}

void ck_uncouple(const float *raw, size_t rows, size_t width, const float *y, float *x, size_t stride,
                 float *log_jacobian) {
    for (size_t r = 0; r < rows; r++, raw += 2 * width, x += stride, y += stride) {
        double sum = 0;
        for (size_t c = 0; c < width; c++) {
            float s = clamp * atanf(raw[c]);
            sum += s;
            x[c] = (y[c] - raw[width + c]) * expf(-s);
        }
        log_jacobian[r] -= (float)sum;
    }
}

void ck_couple_gradient(const float *raw, size_t rows, size_t width, const float *x, float slope, float *gradient,
                        size_t stride, float *raw_gradient) {
    for (size_t r = 0; r < rows; r++, raw += 2 * width, raw_gradient += 2 * width, x += stride, gradient += stride) {
        for (size_t c = 0; c < width; c++) {
            float scale = expf(clamp * atanf(raw[c]));
            raw_gradient[c] = (gradient[c] * scale * x[c] + slope) * clamp / (1 + raw[c] * raw[c]);
            raw_gradient[width + c] = gradient[c];
            gradient[c] *= scale;
        }
    }
}

void ck_flow_surprise(const float *values, size_t rows, size_t width, const float *log_jacobian, double offset,
                      float *out) {
    const double log_two_pi = 1.8378770664093453;
    for (size_t r = 0; r < rows; r++, values += width) {
        double sum = 0;
        for (size_t c = 0; c < width; c++) sum += (double)values[c] * values[c];
        out[r] = (float)(0.5 * (sum + (double)width * log_two_pi) + offset - log_jacobian[r]);
    }
}
