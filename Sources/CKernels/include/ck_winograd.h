#ifndef CK_WINOGRAD_H
#define CK_WINOGRAD_H

#include <stddef.h>

// 3x3 convolutions with stride 1 and padding 1 by Winograd's minimal filtering (Lavin & Gray 2016), F(4x4, 3x3) with 36
// products for 16 outputs or F(2x2, 3x3) with 16 for 4, instead of 144 and 36. Channels must be multiples of
// ck_vector_width(). `side` is 4 or 2, the outputs of a tile along each axis; a tile has (side + 2)^2 components.

/// Floats in one vector of this processor.
size_t ck_vector_width(void);

/// One row of components of weights [outputs, inputs, 3, 3], output channel o scaled by scale[o] (NULL: by 1):
/// [side + 2][outputs][inputs].
void ck_winograd_weights(
    int side, int row, const float *weights, const float *scale, size_t outputs, size_t inputs, float *transformed);

/// A map of height x width x channels in tiles, row by row; what lies beyond its edges is 0.
typedef struct {
    int side;
    size_t height, width;
    /// ceil(width / side)
    size_t tiles_per_row;
    /// Tiles first ..< first + count.
    size_t first, count;
} ck_winograd_tiles;

/// Transformed inputs [components][count][channels] of the tiles of an image.
void ck_winograd_input(const ck_winograd_tiles *tiles, const float *image, size_t channels, float *spectra);

/// Outputs of the tiles from products [components][count][channels]; bias, residual (laid out like the output) may be
/// NULL; activation CK_NONE or CK_RELU.
void ck_winograd_output(
    const ck_winograd_tiles *tiles, const float *spectra, const float *bias, const float *residual, int activation,
    size_t channels, float *output);

#endif
