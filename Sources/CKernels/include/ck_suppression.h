#ifndef CK_SUPPRESSION_H
#define CK_SUPPRESSION_H

#include <stddef.h>
#include <stdint.h>

/// Greedy non-maximum suppression of boxes that become known bit by bit: best score first, equal scores by row, a box is
/// dropped when its intersection over union with a kept one exceeds `overlap_threshold`.
///
/// The memory behind the pointers is the caller's: see `ck_suppression_memory`.
typedef struct {
    /// Only higher scores take part; NaN never does.
    float score_threshold;
    float overlap_threshold;
    /// Most boxes to keep.
    size_t limit;
    /// Rows of what was kept, best first.
    int32_t *kept;
    size_t kept_count;
    /// Boxes of what was kept.
    float *x1, *y1, *x2, *y2, *area;
    /// What waits to be decided.
    uint64_t *pending;
    size_t pending_count;
} ck_suppression;

/// Bytes for up to `count` boxes, aligned to 8.
size_t ck_suppression_memory(size_t count, size_t limit);

/// Sets the pointers into `memory`; the thresholds and the limit are the caller's to set, before.
void ck_suppression_begin(ck_suppression *suppression, size_t count, void *memory);

/// Makes rows first ..< first + count known. `scores`, `classes` and `ties` are those of all rows. With `classes`, only rows
/// of class `wanted` take part. With `ties`, equal scores come in the order of these numbers instead of the rows'.
void ck_suppression_add(ck_suppression *suppression, const float *scores, const int32_t *ties, const uint8_t *classes,
                        uint8_t wanted, size_t first, size_t count);

/// Decides all known rows of `boxes` whose score exceeds `bound`, which is final as long as no score that becomes known
/// later exceeds it; a negative bound decides all. `rows` gives the row of a tie number, NULL when there are none. Returns
/// how many are kept.
size_t ck_suppression_decide(ck_suppression *suppression, float bound, const float *boxes, const int32_t *rows);
size_t ck_suppression_decide_generic(ck_suppression *suppression, float bound, const float *boxes, const int32_t *rows);

#endif
