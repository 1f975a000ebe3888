#include "ck_image.h"

size_t ck_antialias_taps(size_t in, size_t out) {
    float scale = (float)in / (float)out;
    return 2 * (size_t)(scale > 1 ? scale : 1) + 4;
}

void ck_antialias_weights(size_t in, size_t out, int32_t *first, int32_t *count, float *weights) {
    const size_t taps = ck_antialias_taps(in, out);
    const float scale = (float)in / (float)out;
    const float support = scale >= 1 ? scale : 1;
    const float inverse = scale >= 1 ? 1 / scale : 1;
    for (size_t i = 0; i < out; i++) {
        float centre = scale * ((float)i + 0.5f);
        int32_t low = (int32_t)(centre - support + 0.5f), high = (int32_t)(centre + support + 0.5f);
        if (low < 0) low = 0;
        if (high > (int32_t)in) high = (int32_t)in;
        float total = 0;
        for (int32_t j = low; j < high; j++) {
            float distance = ((float)j - centre + 0.5f) * inverse;
            float weight = 1 - (distance < 0 ? -distance : distance);
            weight = weight < 0 ? 0 : weight;
            weights[i * taps + (size_t)(j - low)] = weight;
            total += weight;
        }
        for (int32_t j = low; j < high; j++) weights[i * taps + (size_t)(j - low)] /= total;
        first[i] = low;
        count[i] = high - low;
    }
}

void ck_antialias_rows(const uint8_t *pixels, size_t height, size_t width, size_t channels, size_t out_width,
                       const int32_t *first, const int32_t *count, const float *weights, size_t taps, float *out) {
    for (size_t y = 0; y < height; y++) {
        const uint8_t *row = pixels + y * width * channels;
        for (size_t x = 0; x < out_width; x++) {
            const float *weight = weights + x * taps;
            float sums[3] = {0};
            for (int32_t j = 0; j < count[x]; j++) {
                const uint8_t *pixel = row + (size_t)(first[x] + j) * channels;
                for (size_t c = 0; c < channels; c++) sums[c] += weight[j] * (float)pixel[c];
            }
            for (size_t c = 0; c < 3; c++) out[(y * out_width + x) * 3 + c] = sums[channels == 1 ? 0 : c];
        }
    }
}

void ck_antialias_columns(const float *rows, size_t out_width, size_t out_height, const int32_t *first,
                          const int32_t *count, const float *weights, size_t taps, const float *scale,
                          const float *shift, float *out) {
    const size_t length = out_width * 3;
    for (size_t y = 0; y < out_height; y++) {
        float *restrict to = out + y * length;
        for (size_t x = 0; x < length; x++) to[x] = 0;
        for (int32_t j = 0; j < count[y]; j++) {
            const float weight = weights[y * taps + (size_t)j];
            const float *restrict from = rows + (size_t)(first[y] + j) * length;
            for (size_t x = 0; x < length; x++) to[x] += weight * from[x];
        }
        for (size_t x = 0; x < out_width; x++) {
            for (size_t c = 0; c < 3; c++) to[3 * x + c] = to[3 * x + c] * scale[c] + shift[c];
        }
    }
}
