#include "ck_vision.h"
#include "vision_keys.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
    for (size_t i = 0; i < count; i++) keys[i] = ck_descending_key(values[i], i);
    select_smallest(keys, count, k);
    qsort(keys, k, sizeof *keys, ck_compare_keys);
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

void ck_rank_proposals(const float *objectness, const float *boxes, size_t count, void *scratch, int32_t *places,
                       int32_t *ranks, float *ranked_objectness, float *ranked_boxes) {
    uint64_t *keys = scratch;
    for (size_t i = 0; i < count; i++) keys[i] = ck_descending_key(objectness[i], i);
    qsort(keys, count, sizeof *keys, ck_compare_keys);
    for (size_t i = 0; i < count; i++) {
        size_t place = (uint32_t)keys[i];
        places[i] = (int32_t)place;
        ranks[place] = (int32_t)i;
        ranked_objectness[i] = objectness[place];
        memcpy(ranked_boxes + 4 * i, boxes + 4 * place, 4 * sizeof(float));
    }
}

void ck_score_bounds(const float *objectness, size_t count, float *bounds) {
    // Not a number is the bound of nothing: such a score passes no threshold.
    float highest = -1;
    for (size_t i = count; i-- > 0;) {
        float bound = sqrtf(sigmoid(objectness[i]));
        highest = bound > highest ? bound : highest;
        bounds[i] = highest;
    }
}

void ck_joint_scores(const float *a, const float *b, size_t stride, size_t count, float *scores) {
    for (size_t i = 0; i < count; i++) scores[i] = sqrtf(sigmoid(a[i]) * sigmoid(b[i * stride]));
}
