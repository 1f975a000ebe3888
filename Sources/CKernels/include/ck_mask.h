#ifndef CK_MASK_H
#define CK_MASK_H

#include <stddef.h>
#include <stdint.h>

/// Maximum over 2x2 windows with stride 2 of a channels-last image with even extents.
void ck_max_pool_2x2(const float *image, size_t height, size_t width, size_t channels, float *output);

/// Four values of each cell (top left, top right, bottom left, bottom right), `[height, width, 4]`, as one image
/// `[2 height, 2 width]`.
void ck_spread_quads(const float *quads, size_t height, size_t width, float *output);

/// Probabilities of a mask, sigmoid of `count` logits.
void ck_mask_probabilities(const float *logits, size_t count, float *probabilities);

/// Pastes the mask `[side, side]`, stretched over `box`, into the rectangle of whole pixels (left, top, width, height) and
/// writes the lengths of alternating runs of pixels below and at least at 0.5, row by row through the rectangle, beginning
/// with those below. Bilinear between the centres of the mask's cells, 0 beyond. Returns the number of runs, at most
/// width * height + 1. `scratch` holds `ck_paste_mask_scratch` floats.
size_t ck_paste_mask(const float *mask, size_t side, const float box[4], int left, int top, int width, int height,
                     float *scratch, uint32_t *runs);
size_t ck_paste_mask_scratch(size_t side, int width);

#endif
