#ifndef CK_WINOGRAD_H
#define CK_WINOGRAD_H

#include <stddef.h>

// 3x3 convolutions with stride 1 by Winograd's F(4x4, 3x3): tiles of 4x4 outputs from 6x6 inputs, 36 products instead of
// 144. Channels must be multiples of ck_vector_width().

/// Floats in one vector of this processor.
size_t ck_vector_width(void);

/// Transformed weights [36][inputs][outputs] of weights [outputs, inputs, 3, 3], output channel o scaled by scale[o]
/// (NULL: by 1).
void ck_winograd_weights(
    const float *weights, const float *scale, size_t outputs, size_t inputs, float *transformed);

/// Transformed inputs [36][count][channels] of tiles first ..< first + count (row by row) of an image framed with zeros so
/// that it holds all tiles completely.
void ck_winograd_input(
    const float *framed, size_t framed_width, size_t channels, size_t tiles_per_row, size_t first, size_t count,
    float *spectra);

/// Outputs of the same tiles from products [36][count][channels]; bias, residual (laid out like the output) may be NULL;
/// activation CK_NONE or CK_RELU. Pixels beyond height x width are left out.
void ck_winograd_output(
    const float *spectra, const float *bias, const float *residual, int activation, size_t height, size_t width,
    size_t channels, size_t tiles_per_row, size_t first, size_t count, float *output);

#endif
