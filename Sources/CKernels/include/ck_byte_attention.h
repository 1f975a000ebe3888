#ifndef CK_BYTE_ATTENTION_H
#define CK_BYTE_ATTENTION_H

#include <stddef.h>
#include <stdint.h>

#include "ck_bytes.h"

// Softmax attention in integers: queries and keys in 8 bits, as rows of activations and weights of ck_bytes.h are; the
// weights of the values in 13 bits (0...8191 of the largest in the block, so that a thousand small ones beside a large one
// are not lost), values in 10 (-511...511 of the largest of their column in the block). A block of CK_BYTE_KEYS keys fits
// 32-bit sums without overflow.

/// Most keys of a block.
enum { CK_BYTE_KEYS = 512 };

/// Sizes for a block of `count` keys and heads of `width` values: bytes and floats of its keys, 16-bit numbers and floats
/// of its values, bytes of scratch for scores, floats per query of what is summed up.
size_t ck_byte_keys_size(ck_byte_set set, size_t count, size_t width);
size_t ck_byte_key_channels_size(ck_byte_set set, size_t count);
size_t ck_byte_values_size(ck_byte_set set, size_t count, size_t width);
size_t ck_byte_value_steps_size(ck_byte_set set, size_t width);
size_t ck_byte_scores_size(ck_byte_set set, size_t count);
size_t ck_byte_weighted_size(ck_byte_set set, size_t width);

/// Quantises and packs keys, rows of `width` values that start `stride` apart, times `factor`.
void ck_byte_pack_keys(
    ck_byte_set set, const float *source, size_t stride, float factor, size_t count, size_t width, int8_t *keys,
    float *channels);

/// Quantises and packs values, rows of `width` values that start `stride` apart.
void ck_byte_pack_values(
    ck_byte_set set, const float *source, size_t stride, size_t count, size_t width, int16_t *values, float *steps);

/// Attention of some queries to a block of keys; the blocks follow each other. All pointers but `output` are aligned to 64
/// bytes.
typedef struct {
    /// From ck_byte_quantise.
    const void *queries;
    const ck_byte_row *descriptions;
    size_t rows, width;
    /// From ck_byte_pack_keys; the factor holds log2(e), because weights are powers of two.
    const int8_t *keys;
    const float *key_channels;
    /// From ck_byte_pack_values.
    const int16_t *values;
    const float *value_steps;
    size_t count;
    /// Scratch.
    void *scores;
    /// Of every query, kept from block to block: largest score, sum of weights, sum of weighted values.
    float *maxima, *sums, *weighted;
    int is_first, is_last;
    /// Written with the last block.
    float *output;
    size_t output_step;
} ck_byte_attention;

void ck_byte_attend(ck_byte_set set, const ck_byte_attention *job);

#endif
