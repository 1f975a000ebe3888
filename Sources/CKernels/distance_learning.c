#include "ck_distance.h"

#include <math.h>
#include <string.h>

/// exp for x <= 0 (relative error about 2e-7), written without branches so that it vectorises; 0 far below.
static inline float exp_negative(float x) {
    x = x < -87.0f ? -87.0f : x;
    float shifted = x * 1.44269504f + 12582912.0f;
    float n = shifted - 12582912.0f;
    float r = x - n * 0.693359375f + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    int32_t bits = ((int32_t)n + 127) * (1 << 23);
    float power;
    memcpy(&power, &bits, 4);
    return x <= -87.0f ? 0.0f : p * power;
}

static float exact_squared(const float *a, const float *b, size_t dimension) {
    double sum = 0;
    for (size_t j = 0; j < dimension; j++) {
        double difference = (double)a[j] - (double)b[j];
        sum += difference * difference;
    }
    return (float)sum;
}

double ck_condense(const ck_condense_block *block, float *dots, float *distances, float *weights, double *weight_sums,
                   double *coefficient_sums, double *beta_gradients, float *scratch) {
    const size_t n = block->etalons;
    const float scale = block->distance_scale, temperature = block->temperature;
    const int squared = block->squared;
    float *restrict d = scratch, *restrict w = scratch + n, *restrict g = scratch + 2 * n;
    double loss = 0;
    for (size_t i = 0; i < block->rows; i++) {
        float *restrict row = dots + i * n;
        const float norm = block->data_norms[i];
        float close = 0;
        for (size_t k = 0; k < n; k++) {
            float sum = norm + block->centre_norms[k];
            float squared = sum - 2 * row[k];
            // Below a thousandth of the norms the expansion has lost its digits.
            close += squared < 1e-3f * sum ? 1.0f : 0.0f;
            d[k] = squared;
        }
        if (close > 0) {
            for (size_t k = 0; k < n; k++) {
                if (d[k] < 1e-3f * (norm + block->centre_norms[k])) {
                    d[k] = exact_squared(block->data + i * block->dimension, block->centres + k * block->dimension,
                                         block->dimension);
                }
            }
        }
        float nearest = INFINITY;
        for (size_t k = 0; k < n; k++) {
            float value = scale * sqrtf(d[k] < 0 ? 0 : d[k]);
            value = block->valid[k] ? value : 1e12f;
            d[k] = value;
            nearest = value < nearest ? value : nearest;
        }
        float total = 0;
        for (size_t k = 0; k < n; k++) {
            w[k] = exp_negative(temperature * (nearest - d[k]));
            total += w[k];
        }
        const float inverse = 1 / total;
        double mean = 0;
        for (size_t k = 0; k < n; k++) {
            w[k] *= inverse;
            g[k] = (squared ? d[k] * d[k] : d[k]) / block->beta[k];
        }
        for (size_t k = 0; k < n; k++) {
            g[k] += block->log_beta[k];
            mean += (double)w[k] * g[k];
        }
        loss += mean * block->row_weight;
        const float average = (float)mean, weight = block->row_weight;
        for (size_t k = 0; k < n; k++) {
            float beta_inverse = 1 / block->beta[k];
            float steepness = squared ? 2 * d[k] : 1, term = squared ? d[k] * d[k] : d[k];
            float slope = weight * w[k] * (steepness * beta_inverse - temperature * (g[k] - average));
            float coefficient = d[k] > 0 && block->valid[k] ? slope * scale * scale / d[k] : 0;
            // Denormal numbers would slow the matrix product that follows many times over.
            coefficient = fabsf(coefficient) < 1e-30f ? 0 : coefficient;
            row[k] = coefficient;
            weight_sums[k] += w[k];
            coefficient_sums[k] += coefficient;
            beta_gradients[k] += weight * w[k] * beta_inverse * (1 - term * beta_inverse);
        }
        if (distances) memcpy(distances + i * n, d, n * sizeof(float));
        if (weights) memcpy(weights + i * n, w, n * sizeof(float));
    }
    return loss;
}

void ck_add_weighted_centres(const double *sums, const float *centres, size_t rows, size_t dimension, float *out) {
    for (size_t k = 0; k < rows; k++) {
        const float factor = (float)sums[k];
        const float *restrict from = centres + k * dimension;
        float *restrict to = out + k * dimension;
        for (size_t j = 0; j < dimension; j++) to[j] += factor * from[j];
    }
}

void ck_adamw(float *parameters, const float *gradients, float *first, float *second, size_t count, double rate,
              double beta1, double beta2, double epsilon, double decay, int64_t step) {
    const float keep = (float)(1 - rate * decay);
    const float b1 = (float)beta1, b2 = (float)beta2, c1 = (float)(1 - beta1), c2 = (float)(1 - beta2);
    const float size = (float)(rate / (1 - pow(beta1, (double)step)));
    const float root = (float)sqrt(1 - pow(beta2, (double)step));
    const float e = (float)epsilon;
    for (size_t i = 0; i < count; i++) {
        float gradient = gradients[i];
        float m = first[i] * b1 + c1 * gradient;
        float v = second[i] * b2 + c2 * gradient * gradient;
        // Moments of parameters at rest decay into denormal numbers, which are slow and mean nothing.
        first[i] = fabsf(m) < 1e-30f ? 0 : m;
        second[i] = v < 1e-37f ? 0 : v;
        parameters[i] = parameters[i] * keep - size * (m / (sqrtf(v) / root + e));
    }
}

void ck_gelu_forward(float *pre, const float *bias, size_t rows, size_t columns, float *out) {
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < columns; j++) {
            float x = pre[i * columns + j] + bias[j];
            pre[i * columns + j] = x;
            out[i * columns + j] = 0.5f * x * (1 + erff(x * 0.70710678f));
        }
    }
}

void ck_gelu_backward(const float *pre, size_t count, float *gradient) {
    for (size_t i = 0; i < count; i++) {
        float x = pre[i];
        float density = 0.39894228f * expf(-0.5f * x * x);
        gradient[i] *= 0.5f * (1 + erff(x * 0.70710678f)) + x * density;
    }
}

double ck_cross_entropy(float *logits, const float *bias, const int32_t *labels, size_t rows, size_t classes,
                        size_t *correct) {
    double loss = 0;
    size_t right = 0;
    for (size_t i = 0; i < rows; i++) {
        float *row = logits + i * classes;
        float largest = -INFINITY;
        size_t at = 0;
        for (size_t c = 0; c < classes; c++) {
            row[c] += bias[c];
            if (row[c] > largest) {
                largest = row[c];
                at = c;
            }
        }
        const size_t label = (size_t)labels[i];
        right += at == label;
        double total = 0;
        for (size_t c = 0; c < classes; c++) total += exp((double)(row[c] - largest));
        loss += log(total) + largest - row[label];
        for (size_t c = 0; c < classes; c++) {
            double probability = exp((double)(row[c] - largest)) / total;
            row[c] = (float)((probability - (c == label)) / (double)rows);
        }
    }
    *correct = right;
    return rows ? loss / (double)rows : 0;
}

void ck_sum_columns(const float *values, size_t rows, size_t columns, float *sums) {
    for (size_t j = 0; j < columns; j++) sums[j] = 0;
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < columns; j++) sums[j] += values[i * columns + j];
    }
}

/// The element that would stand at `position` after sorting; reorders `values`.
static float select(float *values, size_t count, size_t position) {
    size_t low = 0, high = count - 1;
    while (low < high) {
        float pivot = values[low + (high - low) / 2];
        size_t i = low, j = high;
        for (;;) {
            while (values[i] < pivot) i++;
            while (values[j] > pivot) j--;
            if (i >= j) break;
            float swapped = values[i];
            values[i++] = values[j];
            values[j--] = swapped;
        }
        if (position <= j) {
            high = j;
        } else {
            low = j + 1;
        }
    }
    return values[position];
}

void ck_column_statistics(const float *values, size_t rows, size_t dimension, size_t stride, float *medians,
                          float *deviations, float *scratch) {
    for (size_t j = 0; j < dimension; j++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < rows; i++) {
            scratch[i] = values[i * stride + j];
            sum += scratch[i];
        }
        double mean = rows ? sum / (double)rows : 0;
        for (size_t i = 0; i < rows; i++) squares += (scratch[i] - mean) * (scratch[i] - mean);
        deviations[j] = rows > 1 ? (float)sqrt(squares / (double)(rows - 1)) : 0;
        medians[j] = rows ? select(scratch, rows, (rows - 1) / 2) : 0;
    }
}

void ck_count_indices(const int32_t *index, size_t count, int64_t *counts) {
    for (size_t i = 0; i < count; i++) {
        if (index[i] >= 0) counts[index[i]]++;
    }
}

void ck_group_sums(const float *rows, const int32_t *index, size_t count, size_t dimension, double *sums,
                   int64_t *counts) {
    for (size_t i = 0; i < count; i++) {
        if (index[i] < 0) continue;
        double *sum = sums + (size_t)index[i] * dimension;
        for (size_t j = 0; j < dimension; j++) sum[j] += rows[i * dimension + j];
        counts[index[i]]++;
    }
}
