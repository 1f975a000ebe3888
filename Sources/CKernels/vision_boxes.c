#include "ck_vision.h"
#include "vision_variants.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Sorts descending by value, then ascending by index.
static uint64_t descending_key(float value, size_t index) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    uint32_t ascending = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
    return (uint64_t)~ascending << 32 | (uint32_t)index;
}

static int compare_keys(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/// Moves the `k` smallest keys to the front, in any order.
static void select_smallest(uint64_t *keys, size_t count, size_t k) {
    size_t low = 0, high = count - 1;
    while (low < high) {
        uint64_t a = keys[low], b = keys[low + (high - low) / 2], c = keys[high];
        uint64_t pivot = a < b ? (b < c ? b : (a < c ? c : a)) : (a < c ? a : (b < c ? c : b));
        size_t i = low, j = high;
        while (1) {
            while (keys[i] < pivot) i++;
            while (keys[j] > pivot) j--;
            if (i >= j) break;
            uint64_t swapped = keys[i];
            keys[i++] = keys[j];
            keys[j--] = swapped;
        }
        // Keys are distinct (they hold the index) and the pivot is not the largest, so both parts are smaller.
        if (k <= j + 1) {
            high = j;
        } else {
            low = j + 1;
        }
    }
}

size_t ck_top_k(const float *values, size_t count, size_t k, void *scratch, int32_t *indices) {
    if (count <= k) {
        for (size_t i = 0; i < count; i++) indices[i] = (int32_t)i;
        return count;
    }
    if (k == 0) return 0;
    uint64_t *keys = scratch;
    for (size_t i = 0; i < count; i++) keys[i] = descending_key(values[i], i);
    select_smallest(keys, count, k);
    qsort(keys, k, sizeof *keys, compare_keys);
    for (size_t i = 0; i < k; i++) indices[i] = (int32_t)(uint32_t)keys[i];
    return k;
}

static float clip(float value, float limit) { return value < 0 ? 0 : value > limit ? limit : value; }

void ck_decode_distances(const float *distances, const int32_t *cells, size_t count, int map_width, float stride,
                         float clip_width, float clip_height, float *boxes) {
    float side = 8 * stride;
    for (size_t i = 0; i < count; i++) {
        int cell = cells[i];
        float x = (float)(cell % map_width) * stride, y = (float)(cell / map_width) * stride;
        const float *d = distances + 4 * (size_t)cell;
        float *box = boxes + 4 * i;
        box[0] = clip(x - d[2] * side, clip_width);
        box[1] = clip(y - d[0] * side, clip_height);
        box[2] = clip(x + d[3] * side, clip_width);
        box[3] = clip(y + d[1] * side, clip_height);
    }
}

void ck_decode_deltas(const float *proposals, const float *deltas, size_t stride, size_t count, float clip_width,
                      float clip_height, float scale_x, float scale_y, float *boxes) {
    // |ln(16 / 1000)|: a box grows or shrinks at most 62.5 times.
    const float most = 4.135166556742356f;
    for (size_t i = 0; i < count; i++) {
        const float *p = proposals + 4 * i, *d = deltas + stride * i;
        float *box = boxes + 4 * i;
        float width = p[2] - p[0], height = p[3] - p[1];
        float x = (p[0] + p[2]) * 0.5f + width * (d[0] * 0.1f);
        float y = (p[1] + p[3]) * 0.5f + height * (d[1] * 0.1f);
        float half_width = width * expf(fminf(fmaxf(d[2] * 0.2f, -most), most)) * 0.5f;
        float half_height = height * expf(fminf(fmaxf(d[3] * 0.2f, -most), most)) * 0.5f;
        box[0] = clip(x - half_width, clip_width) / scale_x;
        box[1] = clip(y - half_height, clip_height) / scale_y;
        box[2] = clip(x + half_width, clip_width) / scale_x;
        box[3] = clip(y + half_height, clip_height) / scale_y;
    }
}

static float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

void ck_joint_scores(const float *a, const float *b, size_t stride, size_t count, float *scores) {
    for (size_t i = 0; i < count; i++) scores[i] = sqrtf(sigmoid(a[i]) * sigmoid(b[i * stride]));
}

size_t ck_suppress_scratch(size_t count) { return count * (sizeof(uint64_t) + 5 * sizeof(float) + sizeof(int32_t)); }

typedef struct {
    float *x1, *y1, *x2, *y2, *area;
    int32_t *gone;
} sorted_boxes;

/// Marks the boxes behind `i` that overlap it too much.
CK_BODY void mark_overlaps(sorted_boxes s, size_t i, size_t count, float threshold) {
// Fused products would let the last bit, and so a tie, depend on the processor.
#pragma clang fp contract(off)
    float x1 = s.x1[i], y1 = s.y1[i], x2 = s.x2[i], y2 = s.y2[i], area = s.area[i];
    for (size_t j = i + 1; j < count; j++) {
        float left = s.x1[j] > x1 ? s.x1[j] : x1, right = s.x2[j] < x2 ? s.x2[j] : x2;
        float top = s.y1[j] > y1 ? s.y1[j] : y1, bottom = s.y2[j] < y2 ? s.y2[j] : y2;
        float width = right - left, height = bottom - top;
        width = width > 0 ? width : 0;
        height = height > 0 ? height : 0;
        float common = width * height;
        s.gone[j] |= common / (area + s.area[j] - common) > threshold;
    }
}

CK_FAST static void mark_overlaps_fast(sorted_boxes s, size_t i, size_t count, float threshold) {
    mark_overlaps(s, i, count, threshold);
}

static void mark_overlaps_generic(sorted_boxes s, size_t i, size_t count, float threshold) {
    mark_overlaps(s, i, count, threshold);
}

typedef void (*overlap_marker)(sorted_boxes, size_t, size_t, float);

static size_t suppress(const float *boxes, const float *scores, const uint8_t *candidates, size_t count,
                       float score_threshold, float overlap_threshold, size_t limit, void *scratch, int32_t *kept,
                       overlap_marker mark) {
    uint64_t *keys = scratch;
    size_t valid = 0;
    for (size_t i = 0; i < count; i++) {
        if ((candidates == NULL || candidates[i]) && scores[i] > score_threshold) {
            keys[valid++] = descending_key(scores[i], i);
        }
    }
    qsort(keys, valid, sizeof *keys, compare_keys);
    float *memory = (float *)(keys + count);
    sorted_boxes s = {memory,           memory + count,     memory + 2 * count,
                      memory + 3 * count, memory + 4 * count, (int32_t *)(memory + 5 * count)};
    for (size_t i = 0; i < valid; i++) {
        const float *box = boxes + 4 * (size_t)(uint32_t)keys[i];
        s.x1[i] = box[0];
        s.y1[i] = box[1];
        s.x2[i] = box[2];
        s.y2[i] = box[3];
        s.area[i] = (box[2] - box[0]) * (box[3] - box[1]);
        s.gone[i] = 0;
    }
    size_t found = 0;
    for (size_t i = 0; i < valid && found < limit; i++) {
        if (s.gone[i]) continue;
        kept[found++] = (int32_t)(uint32_t)keys[i];
        mark(s, i, valid, overlap_threshold);
    }
    return found;
}

size_t ck_suppress(const float *boxes, const float *scores, const uint8_t *candidates, size_t count,
                   float score_threshold, float overlap_threshold, size_t limit, void *scratch, int32_t *kept) {
    return suppress(boxes, scores, candidates, count, score_threshold, overlap_threshold, limit, scratch, kept,
                    CK_HAS_FAST ? mark_overlaps_fast : mark_overlaps_generic);
}

size_t ck_suppress_generic(const float *boxes, const float *scores, const uint8_t *candidates, size_t count,
                           float score_threshold, float overlap_threshold, size_t limit, void *scratch, int32_t *kept) {
    return suppress(boxes, scores, candidates, count, score_threshold, overlap_threshold, limit, scratch, kept,
                    mark_overlaps_generic);
}
