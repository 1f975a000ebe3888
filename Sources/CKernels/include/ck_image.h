#ifndef CK_IMAGE_H
#define CK_IMAGE_H

#include <stddef.h>
#include <stdint.h>

// Antialiased bilinear resizing: a triangle filter as wide as one output pixel, the filter of PixOOD's preprocessing.

/// Upper bound of the taps of one output pixel.
size_t ck_antialias_taps(size_t in, size_t out);

/// First tap, number of taps and weights (`[out, taps]`, normalised) of every output pixel along one axis.
void ck_antialias_weights(size_t in, size_t out, int32_t *first, int32_t *count, float *weights);

/// Filters each row of 8-bit pixels with 1 or 3 channels into `[height, out_width, 3]`; one channel is repeated.
void ck_antialias_rows(const uint8_t *pixels, size_t height, size_t width, size_t channels, size_t out_width,
                       const int32_t *first, const int32_t *count, const float *weights, size_t taps, float *out);

/// Filters the columns of `[*, out_width, 3]` into `[out_height, out_width, 3]`, then applies `v * scale[c] + shift[c]`.
void ck_antialias_columns(const float *rows, size_t out_width, size_t out_height, const int32_t *first,
                          const int32_t *count, const float *weights, size_t taps, const float *scale,
                          const float *shift, float *out);

#endif
