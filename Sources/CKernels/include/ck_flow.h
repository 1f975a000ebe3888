#ifndef CK_FLOW_H
#define CK_FLOW_H

#include <stddef.h>

// Affine coupling: one half of a row is scaled and shifted by numbers that a network made from the other half. `raw`
// `[rows, 2 * width]` holds that network's outputs: first those of the log-scales, s = 2 * 0.636 * atan(raw), then the shifts
// t. Rows of halves lie `stride` values apart.

/// y = exp(s) x + t; adds the sum of s to each row's `log_jacobian`. `y` may be `x`.
void ck_couple(const float *raw, size_t rows, size_t width, const float *x, float *y, size_t stride, float *log_jacobian);

/// x = (y - t) exp(-s); subtracts the sum of s from each row's `log_jacobian`. `x` may be `y`.
void ck_uncouple(const float *raw, size_t rows, size_t width, const float *y, float *x, size_t stride,
                 float *log_jacobian);

/// From the gradient of y in `gradient`, and with `slope` that of each log-determinant: the gradient of x in the same place
/// and that of `raw` in `raw_gradient`.
void ck_couple_gradient(const float *raw, size_t rows, size_t width, const float *x, float slope, float *gradient,
                        size_t stride, float *raw_gradient);

/// Half the squared norm of each row of `[rows, width]` plus width * ln(2 pi) / 2 and `offset`, minus `log_jacobian`.
void ck_flow_surprise(const float *values, size_t rows, size_t width, const float *log_jacobian, double offset,
                      float *out);

#endif
