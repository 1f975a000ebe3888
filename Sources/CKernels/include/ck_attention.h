#ifndef CK_ATTENTION_H
#define CK_ATTENTION_H

#include <stddef.h>

/// The share of one block of keys in the softmax attention of some queries.
///
/// Blocks come one after the other with running maxima and sums (Milakov & Gimelshein 2018), so that the matrix of
/// weights never exists and a block's keys and values stay in cache while all queries pass by.
typedef struct {
    /// `rows` queries of `width` values, `query_step` apart.
    const float *queries;
    size_t rows, query_step, width;
    /// Packed by ck_pack_matrix: width x count, scaled by log2(e) / sqrt(width).
    const float *keys;
    /// Packed by ck_pack_matrix: count x width.
    const float *values;
    size_t count;
    /// ck_attention_scores(count) floats, 64-byte aligned.
    float *scores;
    /// One of each per query, kept from block to block.
    float *maxima, *sums;
    /// rows x ck_attention_width(width) floats, 64-byte aligned, kept from block to block.
    float *weighted;
    int is_first, is_last;
    /// Written with the last block: `rows` results of `width` values, `output_step` apart.
    float *output;
    size_t output_step;
} ck_attention;

/// Floats of `scores` for blocks of at most `count` keys.
size_t ck_attention_scores(size_t count);

/// `width` rounded up to whole panels.
size_t ck_attention_width(size_t width);

void ck_attend(const ck_attention *attention);

#endif
