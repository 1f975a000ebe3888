#ifndef CK_DENSE_H
#define CK_DENSE_H

#include <stddef.h>
#include <stdint.h>

/// What follows a sum of products.
enum { CK_NONE = 0, CK_RELU = 1, CK_GELU = 2 };

/// Layer normalisation of each row of `columns` values: (x - mean) / sqrt(variance + epsilon) * weight + bias.
void ck_layer_norm(
    const float *source, float *destination, const float *weight, const float *bias, size_t rows, size_t columns,
    float epsilon);
void ck_layer_norm_generic(
    const float *source, float *destination, const float *weight, const float *bias, size_t rows, size_t columns,
    float epsilon);

/// Maximum over 3x3 windows with stride 2 and padding 1 of a channels-last image, output rows first ..< first + count.
void ck_max_pool_3x3(
    const float *image, size_t height, size_t width, size_t channels, size_t output_width, size_t first, size_t count,
    float *output);

/// destination (height * width * channels) += source enlarged by nearest neighbour (source row y * source_height /
/// height), destination rows first ..< first + count.
void ck_add_nearest(
    const float *source, size_t source_height, size_t source_width, float *destination, size_t height, size_t width,
    size_t channels, size_t first, size_t count);

/// Every second pixel of every second row, output_height x output_width pixels.
void ck_take_every_second(
    const float *source, size_t width, size_t channels, size_t output_height, size_t output_width, float *destination);

/// 1 when no value is NaN or infinite.
int ck_all_finite(const float *values, size_t count);

#endif
