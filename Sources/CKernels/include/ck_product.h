#ifndef CK_PRODUCT_H
#define CK_PRODUCT_H

#include <stddef.h>
#include <stdint.h>

// Kernels exist for AVX-512, AVX2 with FMA, NEON, and portably; the best the processor has is chosen when the program
// is loaded. The environment variable MONITOR_INSTRUCTIONS (generic, avx2, or neon without its dot products of bytes)
// chooses a lesser one.

/// Columns per panel of packed weights: what two vectors of this processor hold.
size_t ck_panel_width(void);

/// 1 when this processor runs the vector kernels at full speed (AVX2 and FMA, or better; NEON).
int ck_has_fast_products(void);

/// Floats that a packed matrix of depth x columns needs.
size_t ck_packed_size(size_t depth, size_t columns);

/// Packs factor * B (depth x columns; `transposed`: stored as columns x depth) into panels: [panel][depth][panel width],
/// the last panel filled up with 0. `stride` is the distance between stored rows; `packed` is 64-byte aligned.
void ck_pack_matrix(
    const float *matrix, size_t stride, int transposed, float factor, size_t depth, size_t columns, float *packed);

/// Packs a layer's weights [outputs, inputs, cells], output o scaled by scale[o] (NULL: by 1), as a matrix with rows
/// [cells, inputs] and a column per output.
void ck_pack_layer(
    const float *weights, const float *scale, size_t outputs, size_t inputs, size_t cells, float *packed);

/// A product of many rows with packed weights and what follows it:
/// output = activation(rows * weights + bias + residual [+ output]).
///
/// The rows are windows of an image or rows of a matrix: line l holds `per_line` rows; row r of it begins at
/// input + l * line_step + r * step and consists of `runs` pieces of `run_length` values that start `run_step` apart.
/// A matrix is one line of one-piece rows.
typedef struct {
    const float *input;
    size_t per_line, line_step, step;
    size_t runs, run_step, run_length;
    /// From ck_pack_matrix, depth = runs * run_length.
    const float *weights;
    size_t columns;
    /// One value per column, or NULL.
    const float *bias;
    /// Laid out like the output, or NULL.
    const float *residual;
    /// CK_NONE, CK_RELU or CK_GELU.
    int activation;
    /// 1: add to what the output holds.
    int accumulate;
    float *output;
    size_t output_stride;
} ck_product;

/// Computes lines first_line ..< first_line + lines and columns of panels first_panel ..< first_panel + panels.
void ck_multiply(const ck_product *product, size_t first_line, size_t lines, size_t first_panel, size_t panels);

/// The transpose of rows x columns values, whose stored rows are `stride` apart, as dense columns x rows.
void ck_transpose(const float *matrix, size_t stride, size_t rows, size_t columns, float *result);

/// Copies an image [height, width, channels] into a frame of zeros: `padding` rows above and columns to the left, rows of
/// framed_width pixels, framed rows first ..< first + count.
void ck_frame_image(
    const float *image, size_t height, size_t width, size_t channels, size_t padding, size_t framed_width, size_t first,
    size_t count, float *framed);

#endif
