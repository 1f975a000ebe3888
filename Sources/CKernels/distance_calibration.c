#include "ck_distance.h"

#include <math.h>
#include <string.h>

static inline double log_density(const ck_gaussian2 *g, double x, double y) {
    double dx = x - g->mean[0], dy = y - g->mean[1];
    return g->log_scale - 0.5 * (g->precision[0] * dx * dx + 2 * g->precision[1] * dx * dy + g->precision[2] * dy * dy);
}

void ck_density_grid(const ck_gaussian2 *inlier, const ck_gaussian2 *outlier, const double *xs, size_t columns,
                     const double *ys, size_t rows, double *log_ratio, double *density) {
    for (size_t i = 0; i < columns; i++) {
        for (size_t j = 0; j < rows; j++) {
            double inside = log_density(inlier, xs[i], ys[j]);
            log_ratio[i * rows + j] = inside - log_density(outlier, xs[i], ys[j]);
            density[i * rows + j] = exp(inside - inlier->log_scale);
        }
    }
}

/// Doubles order like these keys; every NaN becomes the largest.
static inline uint64_t sort_key(double value) {
    if (isnan(value)) return UINT64_MAX;
    uint64_t bits;
    memcpy(&bits, &value, 8);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

void ck_sort_pairs(double *key, double *value, double *scratch, size_t count) {
    enum { digit_bits = 11, buckets = 1 << digit_bits };
    double *from_key = key, *from_value = value, *to_key = scratch, *to_value = scratch + count;
    for (int shift = 0; shift < 64; shift += digit_bits) {
        size_t start[buckets] = {0};
        for (size_t i = 0; i < count; i++) start[sort_key(from_key[i]) >> shift & (buckets - 1)]++;
        size_t sum = 0;
        for (size_t b = 0; b < buckets; b++) {
            size_t size = start[b];
            start[b] = sum;
            sum += size;
        }
        for (size_t i = 0; i < count; i++) {
            size_t at = start[sort_key(from_key[i]) >> shift & (buckets - 1)]++;
            to_key[at] = from_key[i];
            to_value[at] = from_value[i];
        }
        double *last_key = from_key, *last_value = from_value;
        from_key = to_key, from_value = to_value;
        to_key = last_key, to_value = last_value;
    }
    // An even number of passes: the result is back where it started.
}

size_t ck_ratio_knots(const double *log_ratio, const double *density, size_t count, double *knot_log_ratio,
                      double *knot_mass) {
    size_t knots = 0;
    double mass = 0, total = 0;
    for (size_t i = 0; i < count; i++) total += density[i];
    for (size_t i = 1; i < count; i++) {
        const double low = log_ratio[i - 1], high = log_ratio[i];
        if (high == low) continue;
        mass += density[i];
        // ln((e^low + e^high) / 2)
        double middle = high + log1p(exp(low - high)) - 0.69314718055994531;
        if (!isfinite(middle)) break;
        knot_log_ratio[knots] = middle;
        knot_mass[knots++] = mass;
    }
    for (size_t i = 0; i < knots; i++) knot_mass[i] = total > 0 ? fmin(1, knot_mass[i] / total) : 0;
    return knots;
}

static inline float class_surprise(const ck_surprise_table *t, double logit, double distance) {
    double similarity = 1 / (1 + 0.5 * distance * t->unit_inverse);
    if (!t->uses_logit) logit = t->inlier.mean[0];
    if (similarity > t->ceiling_y) similarity = t->ceiling_y;
    double at = log_density(&t->inlier, logit, similarity) - log_density(&t->outlier, logit, similarity);
    double position = (at - t->first) * t->step_inverse;
    if (isnan(position)) return t->cap;
    float surprise;
    if (position <= 0) {
        surprise = t->surprise[0] + (float)((t->first - at) * t->slope_below);
    } else if (position >= (double)(t->count - 1)) {
        surprise = t->surprise[t->count - 1];
    } else {
        size_t index = (size_t)position;
        float fraction = (float)(position - (double)index);
        surprise = t->surprise[index] + fraction * (t->surprise[index + 1] - t->surprise[index]);
    }
    return surprise < t->cap ? surprise : t->cap;
}

void ck_surprise(const ck_surprise_table *tables, const int32_t *evaluated, size_t evaluated_count, const float *logits,
                 size_t classes, const float *distances, size_t rows, float *surprise, int32_t *best) {
    for (size_t i = 0; i < rows; i++) {
        float least = INFINITY;
        int32_t at = -1;
        for (size_t e = 0; e < evaluated_count; e++) {
            const int32_t c = evaluated[e];
            float value = class_surprise(&tables[c], logits[i * classes + (size_t)c],
                                         distances[(size_t)c * rows + i]);
            if (value < least) {
                least = value;
                at = c;
            }
        }
        surprise[i] = least;
        if (best) best[i] = at;
    }
}
