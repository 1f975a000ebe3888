#include "ck_image.h"

#include <math.h>

enum { BINS = 4096 };

typedef struct {
    uint16_t low;
    uint16_t high;
} range;

/// Narrows `outer` to the bins between which all but `target` samples at either end lie.
static range narrowed(const uint16_t *source, size_t count, range outer, double target) {
    uint32_t histogram[BINS] = {0};
    double width = ((double)outer.high - outer.low + 1) / BINS;
    float per_bin = (float)(1 / width);
    double below = 0, above = 0;
    for (size_t i = 0; i < count; i++) {
        if (source[i] < outer.low) {
            below++;
        } else if (source[i] > outer.high) {
            above++;
        } else {
            int bin = (int)((float)(source[i] - outer.low) * per_bin);
            histogram[bin < BINS ? bin : BINS - 1]++;
        }
    }
    int first = 0, last = BINS - 1;
    while (first < BINS - 1 && (below += histogram[first]) <= target) first++;
    while (last > first && (above += histogram[last]) <= target) last--;
    // The smallest and the largest count that fall into the two bins.
    return (range){(uint16_t)(outer.low + ceil(first * width)), (uint16_t)(outer.low + ceil((last + 1) * width) - 1)};
}

void ck_stretch16(
    const uint16_t *source, size_t count, double clipped, double headroom, double minimum_span, uint8_t *destination) {
    range all = {UINT16_MAX, 0};
    for (size_t i = 0; i < count; i++) {
        all.low = source[i] < all.low ? source[i] : all.low;
        all.high = source[i] > all.high ? source[i] : all.high;
    }
    // Twice, because a single hot pixel makes the bins of the first pass coarse.
    double target = clipped * (double)count;
    range inner = narrowed(source, count, narrowed(source, count, all, target), target);
    int has_range = inner.high > inner.low;
    double span = ((double)inner.high - inner.low) * (1 + 2 * headroom);
    span = span < minimum_span ? minimum_span : span;
    float offset = (float)(((double)inner.high + inner.low - span) / 2);
    float scale = has_range || minimum_span > 0 ? (float)(255 / span) : 0;
    for (size_t i = 0; i < count; i++) {
        float value = scale > 0 ? ((float)source[i] - offset) * scale + 0.5f : 128;
        destination[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
}
