#include "ck_vision.h"

#include <math.h>
#include <string.h>

static float row_log_sum_exp(const float *row, size_t columns) {
    float most = row[0];
    for (size_t c = 1; c < columns; c++) most = row[c] > most ? row[c] : most;
    float sum = 0;
    for (size_t c = 0; c < columns; c++) sum += expf(row[c] - most);
    return most + logf(sum);
}

static float row_weighted_log_sum_exp(const float *row, const float *weights, size_t columns) {
    float most = row[0];
    for (size_t c = 1; c < columns; c++) most = row[c] > most ? row[c] : most;
    float sum = 0;
    for (size_t c = 0; c < columns; c++) sum += fmaxf(weights[c], 0) * expf(row[c] - most);
    return most + logf(sum);
}

void ck_weighted_log_sum_exp(const float *values, const float *weights, size_t rows, size_t columns, float *out) {
    for (size_t r = 0; r < rows; r++) out[r] = row_weighted_log_sum_exp(values + r * columns, weights, columns);
}

void ck_log_sum_exp(const float *values, size_t rows, size_t columns, float *out) {
    for (size_t r = 0; r < rows; r++) out[r] = row_log_sum_exp(values + r * columns, columns);
}

static float scalar_network(float x, const float *w1, const float *b1, const float *w2, float b2, size_t hidden) {
    float lanes[8] = {0};
    size_t j = 0;
    for (; j + 8 <= hidden; j += 8) {
        for (size_t i = 0; i < 8; i++) {
            float h = w1[j + i] * x + b1[j + i];
            lanes[i] += w2[j + i] * (h > 0 ? h : 0);
        }
    }
    for (; j < hidden; j++) {
        float h = w1[j] * x + b1[j];
        lanes[0] += w2[j] * (h > 0 ? h : 0);
    }
    return ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7])) + b2;
}

void ck_scalar_network(const float *x, size_t count, const float *w1, const float *b1, const float *w2, float b2,
                       size_t hidden, float *out) {
    for (size_t i = 0; i < count; i++) out[i] = scalar_network(x[i], w1, b1, w2, b2, hidden);
}

void ck_add_bias(float *values, size_t rows, size_t columns, const float *bias, int rectify) {
    for (size_t r = 0; r < rows; r++) {
        float *row = values + r * columns;
        if (rectify) {
            for (size_t c = 0; c < columns; c++) {
                float value = row[c] + bias[c];
                row[c] = value > 0 ? value : 0;
            }
        } else {
            for (size_t c = 0; c < columns; c++) row[c] += bias[c];
        }
    }
}

void ck_anomaly_losses(const float *logits, const int32_t *labels, size_t normals, size_t outliers, size_t classes,
                       ck_anomaly_objective *o, float *grad_logits) {
    size_t rows = normals + outliers;
    double class_loss = 0, anomaly_loss = 0;
    for (size_t r = 0; r < rows; r++) {
        const float *row = logits + r * classes;
        float *gradient = grad_logits + r * classes;
        float plain = row_log_sum_exp(row, classes);
        float energy =
            o->energy_weights ? row_weighted_log_sum_exp(row, o->energy_weights, classes) : plain;
        float logit = scalar_network(energy, o->w1, o->b1, o->w2, *o->b2, o->hidden);
        float target = r < normals ? 1 : 0;
        // max(x, 0) - x t + log(1 + exp(-|x|)) neither overflows nor cancels.
        anomaly_loss += fmaxf(logit, 0) - logit * target + log1p(exp(-fabs((double)logit)));
        float slope = o->anomaly_weight * (1.0f / (1.0f + expf(-logit)) - target) / (float)rows;
        float energy_slope = 0;
        *o->grad_b2 += slope;
        for (size_t j = 0; j < o->hidden; j++) {
            float h = o->w1[j] * energy + o->b1[j];
            if (h <= 0) continue;
            float back = slope * o->w2[j];
            o->grad_w2[j] += slope * h;
            o->grad_w1[j] += back * energy;
            o->grad_b1[j] += back;
            energy_slope += back * o->w1[j];
        }
        float class_slope = 0;
        if (r < normals) {
            class_loss += plain - row[labels[r]];
            class_slope = o->class_weight / (float)normals;
        }
        for (size_t c = 0; c < classes; c++) {
            float weight = o->energy_weights ? o->energy_weights[c] : 1;
            float share = energy_slope * expf(row[c] - energy);
            gradient[c] = class_slope * expf(row[c] - plain) + (weight > 0 ? weight * share : 0);
            if (o->energy_weights && weight > 0) o->grad_energy_weights[c] += share;
        }
        if (r < normals) gradient[labels[r]] -= class_slope;
    }
    o->class_loss = normals ? class_loss / (double)normals : 0;
    o->anomaly_loss = rows ? anomaly_loss / (double)rows : 0;
}

void ck_rectifier_gradient(const float *activation, float *gradient, size_t count) {
    for (size_t i = 0; i < count; i++) gradient[i] = activation[i] > 0 ? gradient[i] : 0;
}

void ck_column_sums(const float *values, size_t rows, size_t columns, float *sums) {
    memset(sums, 0, columns * sizeof(float));
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < columns; c++) sums[c] += values[r * columns + c];
    }
}

void ck_descend(float *weights, const float *gradient, float *velocity, size_t count, float rate, float momentum,
                float decay) {
    for (size_t i = 0; i < count; i++) {
        velocity[i] = momentum * velocity[i] + (gradient[i] + decay * weights[i]);
        weights[i] -= rate * velocity[i];
    }
}

void ck_scale(float *values, size_t count, float factor) {
    for (size_t i = 0; i < count; i++) values[i] *= factor;
}

void ck_squared_norms(const float *values, size_t rows, size_t columns, float *out) {
    for (size_t r = 0; r < rows; r++) {
        const float *row = values + r * columns;
        float lanes[8] = {0};
        size_t c = 0;
        for (; c + 8 <= columns; c += 8) {
            for (size_t i = 0; i < 8; i++) lanes[i] += row[c + i] * row[c + i];
        }
        for (; c < columns; c++) lanes[0] += row[c] * row[c];
        out[r] = ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
    }
}

void ck_nearest(const float *products, const float *row_norms, const float *centre_norms, size_t rows, size_t centres,
                int32_t *labels, float *distance) {
    for (size_t r = 0; r < rows; r++) {
        const float *row = products + r * centres;
        size_t best = 0;
        float least = centre_norms[0] - 2 * row[0];
        for (size_t c = 1; c < centres; c++) {
            float value = centre_norms[c] - 2 * row[c];
            if (value < least) {
                least = value;
                best = c;
            }
        }
        labels[r] = (int32_t)best;
        if (distance) distance[r] = fmaxf(0, least + row_norms[r]);
    }
}

void ck_update_centres(const float *values, const int32_t *labels, size_t rows, size_t columns, size_t k,
                       float *centres, float *counts) {
    for (size_t j = 0; j < k; j++) {
        float *centre = centres + j * columns;
        size_t members = 0;
        for (size_t r = 0; r < rows; r++) {
            if (labels[r] != (int32_t)j) continue;
            const float *row = values + r * columns;
            if (members++ == 0) {
                for (size_t c = 0; c < columns; c++) centre[c] = centre[c] * counts[j] + row[c];
            } else {
                for (size_t c = 0; c < columns; c++) centre[c] += row[c];
            }
        }
        if (members == 0) continue;
        counts[j] += (float)members;
        for (size_t c = 0; c < columns; c++) centre[c] /= counts[j];
    }
}

void ck_subtract_means(float *values, const int32_t *labels, size_t rows, size_t columns, const float *means) {
    for (size_t r = 0; r < rows; r++) {
        const float *mean = means + (size_t)labels[r] * columns;
        for (size_t c = 0; c < columns; c++) values[r * columns + c] -= mean[c];
    }
}

size_t ck_cholesky_block(float *values, size_t size, size_t stride) {
    for (size_t j = 0; j < size; j++) {
        float *row = values + j * stride;
        double pivot = row[j];
        for (size_t k = 0; k < j; k++) pivot -= (double)row[k] * row[k];
        if (!(pivot > 0) || !(pivot < 1e30)) return j + 1;
        row[j] = (float)sqrt(pivot);
        for (size_t i = j + 1; i < size; i++) {
            float *below = values + i * stride;
            double sum = below[j];
            for (size_t k = 0; k < j; k++) sum -= (double)below[k] * row[k];
            below[j] = (float)(sum / row[j]);
        }
    }
    return 0;
}

void ck_solve_lower(const float *lower, size_t lower_stride, size_t size, float *values, size_t rows, size_t stride) {
    for (size_t r = 0; r < rows; r++) {
        float *row = values + r * stride;
        for (size_t j = 0; j < size; j++) {
            const float *l = lower + j * lower_stride;
            double sum = row[j];
            for (size_t k = 0; k < j; k++) sum -= (double)l[k] * row[k];
            row[j] = (float)(sum / l[j]);
        }
    }
}

static uint64_t next_random(uint64_t *state) {
    uint64_t mixed = *state += 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
    return mixed ^ mixed >> 31;
}

/// Uniform in (0, 1).
static double next_uniform(uint64_t *state) { return ((double)(next_random(state) >> 11) + 0.5) * 0x1p-53; }

/// Two independent standard normal numbers (Marsaglia's polar method).
static void next_normals(uint64_t *state, double pair[2]) {
    double u, v, square;
    do {
        u = 2 * next_uniform(state) - 1;
        v = 2 * next_uniform(state) - 1;
        square = u * u + v * v;
    } while (square >= 1 || square == 0);
    double factor = sqrt(-2 * log(square) / square);
    pair[0] = u * factor;
    pair[1] = v * factor;
}

void ck_normals(uint64_t *state, float *out, size_t count) {
    for (size_t i = 0; i < count; i += 2) {
        double pair[2];
        next_normals(state, pair);
        out[i] = (float)pair[0];
        if (i + 1 < count) out[i + 1] = (float)pair[1];
    }
}

double ck_largest_chi_square(uint64_t *state, size_t degrees, size_t draws) {
    double largest = 0;
    if (degrees == 1) {
        for (size_t i = 0; i < draws; i++) {
            double pair[2];
            next_normals(state, pair);
            largest = fmax(largest, pair[0] * pair[0]);
        }
        return largest;
    }
    // A chi-square number is twice a gamma number of shape degrees / 2 (Marsaglia and Tsang, 2000).
    double d = (double)degrees / 2 - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (size_t i = 0; i < draws;) {
        double pair[2];
        next_normals(state, pair);
        double cube = 1 + c * pair[0];
        if (cube <= 0) continue;
        cube = cube * cube * cube;
        double u = next_uniform(state), square = pair[0] * pair[0];
        if (log(u) >= 0.5 * square + d * (1 - cube + log(cube))) continue;
        largest = fmax(largest, 2 * d * cube);
        i++;
    }
    return largest;
}
