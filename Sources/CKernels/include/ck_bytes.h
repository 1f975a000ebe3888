#ifndef CK_BYTES_H
#define CK_BYTES_H

#include <stddef.h>
#include <stdint.h>

// Products in 8-bit integers. A row of activations is x = low + step * q with q in 0...255, both numbers chosen per row as
// it comes; weights are w = step * q with q in -127...127 and one step per output. Sums are kept in 32 bits and nothing
// saturates on the way: a depth of 66,000 fits. All instruction sets therefore find the same integers; those without exact
// byte instructions (VNNI, the dot products of ARM) multiply 16-bit copies of the bytes instead of using the saturating
// ones.

/// Instructions for products in bytes.
typedef enum {
    CK_BYTES_GENERIC,
    CK_BYTES_AVX2,
    CK_BYTES_AVXVNNI,
    CK_BYTES_AVX512VNNI,
    CK_BYTES_NEON,
    CK_BYTES_NEONDOT
} ck_byte_set;

/// The best set that this processor runs and MONITOR_INSTRUCTIONS allows. Layouts of one set mean nothing to another.
ck_byte_set ck_byte_best_set(void);

/// 1 when this processor runs the set.
int ck_byte_has_set(ck_byte_set set);

/// How a quantised row is to be read.
typedef struct {
    float step, low;
} ck_byte_row;

/// Bytes that one quantised row of `depth` values takes; a multiple of 4.
size_t ck_byte_row_size(ck_byte_set set, size_t depth);

/// Columns per panel of packed weights.
size_t ck_byte_panel_width(ck_byte_set set);

/// Bytes that packed weights take, and floats that steps, sums and biases of their columns take.
size_t ck_byte_weights_size(ck_byte_set set, size_t depth, size_t columns);
size_t ck_byte_channels_size(ck_byte_set set, size_t columns);

/// Quantises and packs factor[column] * weights [columns, depth], one row per output.
///
/// `factor` and `bias` (not multiplied by the factor) may be NULL. `weights` and `channels` are 64-byte aligned.
void ck_byte_pack(
    ck_byte_set set, const float *matrix, const float *factor, const float *bias, size_t depth, size_t columns,
    int8_t *weights, float *channels);

/// Quantises rows of `columns` finite values that start `stride` apart into rows of ck_byte_row_size.
/// A row whose values are all equal is kept exactly.
void ck_byte_quantise(
    ck_byte_set set, const float *source, size_t stride, size_t rows, size_t columns, void *bytes,
    ck_byte_row *descriptions);

/// ck_layer_norm of dense rows of `columns` values, straight into bytes: what ck_byte_quantise makes of its result.
/// `normal` is scratch for one row.
void ck_byte_normalise(
    ck_byte_set set, const float *source, const float *weight, const float *bias, float epsilon, size_t rows,
    size_t columns, float *normal, void *bytes, ck_byte_row *descriptions);

/// output = activation(rows * weights + bias [+ output]).
typedef struct {
    /// From ck_byte_quantise, `rows` of each.
    const void *bytes;
    const ck_byte_row *descriptions;
    size_t rows, depth, columns;
    /// From ck_byte_pack.
    const int8_t *weights;
    const float *channels;
    /// CK_NONE, CK_RELU or CK_GELU.
    int activation;
    /// 1: add to what the output holds.
    int accumulate;
    float *output;
    size_t output_stride;
} ck_byte_product;

/// Computes the columns of panels first_panel ..< first_panel + panels.
void ck_byte_multiply(ck_byte_set set, const ck_byte_product *product, size_t first_panel, size_t panels);

#endif
