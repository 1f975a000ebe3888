#include "ck_suppression.h"

#include <stdlib.h>

#include "vision_keys.h"
#include "vision_variants.h"

size_t ck_suppression_memory(size_t count, size_t limit) {
    size_t most = limit < count ? limit : count;
    return count * sizeof(uint64_t) + most * (5 * sizeof(float) + sizeof(int32_t));
}

void ck_suppression_begin(ck_suppression *s, size_t count, void *memory) {
    size_t most = s->limit < count ? s->limit : count;
    s->pending = memory;
    s->x1 = (float *)(s->pending + count);
    s->y1 = s->x1 + most;
    s->x2 = s->y1 + most;
    s->y2 = s->x2 + most;
    s->area = s->y2 + most;
    s->kept = (int32_t *)(s->area + most);
    s->pending_count = s->kept_count = 0;
}

void ck_suppression_add(ck_suppression *s, const float *scores, const int32_t *ties, const uint8_t *classes,
                        uint8_t wanted, size_t first, size_t count) {
    for (size_t i = first; i < first + count; i++) {
        if ((classes == NULL || classes[i] == wanted) && scores[i] > s->score_threshold) {
            s->pending[s->pending_count++] = ck_descending_key(scores[i], ties ? (size_t)ties[i] : i);
        }
    }
}

/// Whether the box overlaps any of the kept ones too much.
CK_BODY int is_hidden(const ck_suppression *s, const float box[4], float box_area) {
// Fused products would let the last bit, and so a tie, depend on the processor.
#pragma clang fp contract(off)
    enum { stretch = 64 };
    float threshold = s->overlap_threshold;
    for (size_t start = 0; start < s->kept_count; start += stretch) {
        size_t end = start + stretch < s->kept_count ? start + stretch : s->kept_count;
        int hidden = 0;
        for (size_t i = start; i < end; i++) {
            float left = box[0] > s->x1[i] ? box[0] : s->x1[i], right = box[2] < s->x2[i] ? box[2] : s->x2[i];
            float top = box[1] > s->y1[i] ? box[1] : s->y1[i], bottom = box[3] < s->y2[i] ? box[3] : s->y2[i];
            float width = right - left, height = bottom - top;
            width = width > 0 ? width : 0;
            height = height > 0 ? height : 0;
            float common = width * height;
            hidden |= common / (s->area[i] + box_area - common) > threshold;
        }
        if (hidden) return 1;
    }
    return 0;
}

/// Moves the keys below `end` to the back and returns how many.
static size_t part(uint64_t *keys, size_t count, uint64_t end) {
    size_t later = 0;
    for (size_t i = 0; i < count; i++) {
        if (keys[i] >= end) {
            uint64_t key = keys[i];
            keys[i] = keys[later];
            keys[later++] = key;
        }
    }
    return count - later;
}

CK_BODY size_t decide(ck_suppression *s, float bound, const float *boxes, const int32_t *rows) {
    uint64_t end = bound >= 0 ? ck_descending_key(bound, 0) : UINT64_MAX;
    size_t decided = part(s->pending, s->pending_count, end);
    s->pending_count -= decided;
    const uint64_t *keys = s->pending + s->pending_count;
    qsort(s->pending + s->pending_count, decided, sizeof *keys, ck_compare_keys);
    for (size_t i = 0; i < decided && s->kept_count < s->limit; i++) {
        size_t tie = (uint32_t)keys[i], row = rows ? (size_t)rows[tie] : tie;
        const float *box = boxes + 4 * row;
        float area = (box[2] - box[0]) * (box[3] - box[1]);
        if (is_hidden(s, box, area)) continue;
        size_t last = s->kept_count++;
        s->kept[last] = (int32_t)row;
        s->x1[last] = box[0];
        s->y1[last] = box[1];
        s->x2[last] = box[2];
        s->y2[last] = box[3];
        s->area[last] = area;
    }
    return s->kept_count;
}

CK_FAST static size_t decide_fast(ck_suppression *s, float bound, const float *boxes, const int32_t *rows) {
    return decide(s, bound, boxes, rows);
}

size_t ck_suppression_decide_generic(ck_suppression *s, float bound, const float *boxes, const int32_t *rows) {
    return decide(s, bound, boxes, rows);
}

size_t ck_suppression_decide(ck_suppression *s, float bound, const float *boxes, const int32_t *rows) {
    return (CK_HAS_FAST ? decide_fast : ck_suppression_decide_generic)(s, bound, boxes, rows);
}
