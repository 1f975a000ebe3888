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

/// Bytes of scratch that `ck_resize_bilinear` needs for a target of this width.
size_t ck_resize_bilinear_scratch(int target_width, int channels);

/// Two-tap bilinear resize of interleaved 8-bit samples without antialiasing, in 11-bit fixed point as OpenCV's
/// INTER_LINEAR does it (result equal to within its own rounding). Rows are tightly packed; all extents >= 1;
/// `scratch` holds `ck_resize_bilinear_scratch` bytes, aligned to 8.
void ck_resize_bilinear(const uint8_t *source, int source_width, int source_height, int channels, uint8_t *target,
                        int target_width, int target_height, void *scratch);

/// (sample - mean[c]) * scale[c] into `[padded_height, padded_width, 3]`; the border right and below becomes 0.
/// `channels` is 3, or 1 for a grey picture that is repeated three times.
void ck_normalise_padded(const uint8_t *source, int width, int height, int channels, const float mean[3],
                         const float scale[3], float *target, int padded_width, int padded_height);

/// Maps 16-bit samples to 8 bits: the range between two percentiles, widened, is spread over 0 ... 255, the rest clipped.
///
/// `clipped` is the share of samples cut off at either end, in [0, 0.5). The range is widened at both ends by `headroom`
/// times its width, and to at least `minimum_span` counts. A picture without any range becomes mid grey.
void ck_stretch16(
    const uint16_t *source, size_t count, double clipped, double headroom, double minimum_span, uint8_t *destination);

#endif
