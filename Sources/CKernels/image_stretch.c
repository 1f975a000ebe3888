#include "ck_image.h"

enum { BINS = 4096 };

/// The bin behind which more than `target` samples lie, counted from the bottom or the top.
static int percentile_bin(const uint32_t *histogram, double target, int from_top) {
    double sum = 0;
    for (int i = 0; i < BINS; i++) {
        int bin = from_top ? BINS - 1 - i : i;
        sum += histogram[bin];
        if (sum > target) return bin;
    }
    return from_top ? BINS - 1 : 0;
}

void ck_stretch16(
    const uint16_t *source, size_t count, double clipped, double headroom, double minimum_span, uint8_t *destination) {
    uint16_t low = UINT16_MAX, high = 0;
    for (size_t i = 0; i < count; i++) {
        low = source[i] < low ? source[i] : low;
        high = source[i] > high ? source[i] : high;
    }
    // Bins lie between the extremes, so that narrow thermal ranges keep their resolution.
    uint32_t histogram[BINS] = {0};
    double width = ((double)high - low + 1) / BINS;
    float per_bin = (float)(1 / width);
    for (size_t i = 0; i < count; i++) {
        int bin = (int)((float)(source[i] - low) * per_bin);
        histogram[bin < BINS ? bin : BINS - 1]++;
    }
    double bottom = low + percentile_bin(histogram, clipped * (double)count, 0) * width;
    double top = low + (percentile_bin(histogram, clipped * (double)count, 1) + 1) * width;
    double span = (top - bottom) * (1 + 2 * headroom);
    span = span < minimum_span ? minimum_span : span;
    float offset = (float)((top + bottom - span) / 2);
    float scale = high > low ? (float)(255 / span) : 0;
    float base = high > low ? 0.5f : 128;
    for (size_t i = 0; i < count; i++) {
        float value = high > low ? ((float)source[i] - offset) * scale + base : base;
        destination[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
}
