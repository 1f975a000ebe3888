#include "ck_dense.h"

#include <string.h>

#include "variants.h"

void ck_layer_norm(
    const float *source, float *destination, const float *weight, const float *bias, size_t rows, size_t columns,
    float epsilon) {
    CK_DISPATCH(ck_layer_norm, source, destination, weight, bias, rows, columns, epsilon);
}

void ck_max_pool_3x3(
    const float *image, size_t height, size_t width, size_t channels, size_t output_width, size_t first, size_t count,
    float *output) {
    for (size_t row = first; row < first + count; row++) {
        size_t top = row == 0 ? 0 : 2 * row - 1;
        size_t bottom = 2 * row + 2 < height ? 2 * row + 2 : height;
        for (size_t column = 0; column < output_width; column++) {
            size_t left = column == 0 ? 0 : 2 * column - 1;
            size_t right = 2 * column + 2 < width ? 2 * column + 2 : width;
            float *out = output + (row * output_width + column) * channels;
            memcpy(out, image + (top * width + left) * channels, channels * sizeof(float));
            for (size_t y = top; y < bottom; y++)
                for (size_t x = left; x < right; x++) {
                    const float *in = image + (y * width + x) * channels;
                    for (size_t c = 0; c < channels; c++) out[c] = in[c] > out[c] ? in[c] : out[c];
                }
        }
    }
}

void ck_add_nearest(
    const float *source, size_t source_height, size_t source_width, float *destination, size_t height, size_t width,
    size_t channels, size_t first, size_t count) {
    for (size_t y = first; y < first + count; y++)
        for (size_t x = 0; x < width; x++) {
            const float *in = source + (y * source_height / height * source_width + x * source_width / width) * channels;
            float *out = destination + (y * width + x) * channels;
            for (size_t c = 0; c < channels; c++) out[c] += in[c];
        }
}

void ck_take_every_second(
    const float *source, size_t width, size_t channels, size_t output_height, size_t output_width, float *destination) {
    for (size_t y = 0; y < output_height; y++)
        for (size_t x = 0; x < output_width; x++)
            memcpy(
                destination + (y * output_width + x) * channels, source + (2 * y * width + 2 * x) * channels,
                channels * sizeof(float));
}

int ck_all_finite(const float *values, size_t count) {
    uint32_t worst = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, values + i, 4);
        uint32_t magnitude = bits & 0x7fffffff;
        worst = magnitude > worst ? magnitude : worst;
    }
    return worst < 0x7f800000;
}
