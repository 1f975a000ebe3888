#include "ck_product.h"

#include <stdlib.h>
#include <string.h>

#include "variants.h"

static ck_set best_set(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw"))
        return CK_SET_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return CK_SET_AVX2;
#endif
    return CK_SET_GENERIC;
}

static ck_set chosen_set = CK_SET_GENERIC;

// Runs when the program is loaded, before any other thread exists; packed weights depend on the choice.
__attribute__((constructor)) static void choose_set(void) {
    ck_set best = best_set();
    const char *wish = getenv("MONITOR_INSTRUCTIONS");
    if (wish && strcmp(wish, "generic") == 0) best = CK_SET_GENERIC;
    if (wish && strcmp(wish, "avx2") == 0 && best > CK_SET_AVX2) best = CK_SET_AVX2;
    chosen_set = best;
}

ck_set ck_processor_set(void) { return chosen_set; }

size_t ck_panel_width(void) {
    switch (ck_processor_set()) {
        case CK_SET_AVX512: return 32;
        case CK_SET_AVX2: return 16;
        case CK_SET_GENERIC: return 8;
    }
}

int ck_has_fast_products(void) { return ck_processor_set() != CK_SET_GENERIC; }

size_t ck_packed_size(size_t depth, size_t columns) {
    size_t width = ck_panel_width();
    return (columns + width - 1) / width * width * depth;
}

void ck_pack_matrix(
    const float *matrix, size_t stride, int transposed, float factor, size_t depth, size_t columns, float *packed) {
    const size_t width = ck_panel_width();
    for (size_t column = 0; column < columns; column += width) {
        size_t filled = columns - column < width ? columns - column : width;
        float *panel = packed + column * depth;
        if (filled < width) memset(panel, 0, width * depth * sizeof(float));
        if (transposed) {
            for (size_t i = 0; i < filled; i++) {
                const float *source = matrix + (column + i) * stride;
                for (size_t k = 0; k < depth; k++) panel[k * width + i] = factor * source[k];
            }
        } else {
            for (size_t k = 0; k < depth; k++) {
                const float *source = matrix + k * stride + column;
                float *row = panel + k * width;
                for (size_t i = 0; i < filled; i++) row[i] = factor * source[i];
            }
        }
    }
}

void ck_multiply(const ck_product *product, size_t first_line, size_t lines, size_t first_panel, size_t panels) {
    CK_DISPATCH(ck_multiply, product, first_line, lines, first_panel, panels);
}

void ck_frame_image(
    const float *image, size_t height, size_t width, size_t channels, size_t padding, size_t framed_width, size_t first,
    size_t count, float *framed) {
    const size_t line = framed_width * channels, edge = padding * channels, inside = width * channels;
    for (size_t y = first; y < first + count; y++) {
        float *row = framed + y * line;
        if (y < padding || y >= padding + height) {
            memset(row, 0, line * sizeof(float));
        } else {
            memset(row, 0, edge * sizeof(float));
            memcpy(row + edge, image + (y - padding) * inside, inside * sizeof(float));
            memset(row + edge + inside, 0, (line - edge - inside) * sizeof(float));
        }
    }
}

void ck_transpose(const float *matrix, size_t stride, size_t rows, size_t columns, float *result) {
    // Tiles whose lines stay in the first-level cache.
    enum { SIDE = 16 };
    for (size_t top = 0; top < rows; top += SIDE)
        for (size_t left = 0; left < columns; left += SIDE) {
            size_t bottom = top + SIDE < rows ? top + SIDE : rows;
            size_t right = left + SIDE < columns ? left + SIDE : columns;
            for (size_t column = left; column < right; column++)
                for (size_t row = top; row < bottom; row++)
                    result[column * rows + row] = matrix[row * stride + column];
        }
}
