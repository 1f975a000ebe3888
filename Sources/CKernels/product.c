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
    return CK_SET_GENERIC;
#elif defined(__aarch64__)
    return CK_SET_NEON;
#else
    return CK_SET_GENERIC;
#endif
}

static ck_set chosen_set = CK_SET_GENERIC;
static int is_forced = 0;

// Runs when the program is loaded, before any other thread exists; packed weights depend on the choice.
__attribute__((constructor)) static void choose_set(void) {
    ck_set best = best_set();
    const char *wish = getenv("MONITOR_INSTRUCTIONS");
    if (wish && strcmp(wish, "generic") == 0) best = CK_SET_GENERIC;
    if (wish && strcmp(wish, "avx2") == 0 && best == CK_SET_AVX512) best = CK_SET_AVX2;
    static const char *const names[] = {"generic", "avx2", "avx512", "neon"};
    is_forced = wish && strcmp(wish, names[best]) == 0;
    chosen_set = best;
}

ck_set ck_processor_set(void) { return chosen_set; }

int ck_processor_set_is_forced(void) { return is_forced; }

size_t ck_panel_width(void) {
    switch (ck_processor_set()) {
        case CK_SET_AVX512: return 32;
        case CK_SET_AVX2: return 16;
        case CK_SET_NEON:
        case CK_SET_GENERIC: return 8;
    }
}

int ck_has_fast_products(void) { return ck_processor_set() != CK_SET_GENERIC; }

size_t ck_packed_size(size_t depth, size_t columns) {
    size_t width = ck_panel_width();
    return (columns + width - 1) / width * width * depth;
}

typedef float four __attribute__((ext_vector_type(4), aligned(4)));

// result[column * result_stride + row] = factor * matrix[row * stride + column], in squares of 4x4.
static void transpose(
    const float *matrix, size_t stride, size_t rows, size_t columns, float factor, float *result, size_t result_stride) {
    size_t row = 0;
    for (; row + 4 <= rows; row += 4) {
        const float *line = matrix + row * stride;
        size_t column = 0;
        for (; column + 4 <= columns; column += 4) {
            four a = *(const four *)(line + column), b = *(const four *)(line + stride + column);
            four c = *(const four *)(line + 2 * stride + column), d = *(const four *)(line + 3 * stride + column);
            four low_ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), high_ab = __builtin_shufflevector(a, b, 2, 6, 3, 7);
            four low_cd = __builtin_shufflevector(c, d, 0, 4, 1, 5), high_cd = __builtin_shufflevector(c, d, 2, 6, 3, 7);
            float *out = result + column * result_stride + row;
            *(four *)out = factor * __builtin_shufflevector(low_ab, low_cd, 0, 1, 4, 5);
            *(four *)(out + result_stride) = factor * __builtin_shufflevector(low_ab, low_cd, 2, 3, 6, 7);
            *(four *)(out + 2 * result_stride) = factor * __builtin_shufflevector(high_ab, high_cd, 0, 1, 4, 5);
            *(four *)(out + 3 * result_stride) = factor * __builtin_shufflevector(high_ab, high_cd, 2, 3, 6, 7);
        }
        for (; column < columns; column++)
            for (size_t i = 0; i < 4; i++)
                result[column * result_stride + row + i] = factor * line[i * stride + column];
    }
    for (; row < rows; row++)
        for (size_t column = 0; column < columns; column++)
            result[column * result_stride + row] = factor * matrix[row * stride + column];
}

void ck_pack_matrix(
    const float *matrix, size_t stride, int transposed, float factor, size_t depth, size_t columns, float *packed) {
    const size_t width = ck_panel_width();
    for (size_t column = 0; column < columns; column += width) {
        size_t filled = columns - column < width ? columns - column : width;
        float *panel = packed + column * depth;
        if (filled < width) memset(panel, 0, width * depth * sizeof(float));
        if (transposed) {
            transpose(matrix + column * stride, stride, filled, depth, factor, panel, width);
        } else {
            for (size_t k = 0; k < depth; k++) {
                const float *source = matrix + k * stride + column;
                float *row = panel + k * width;
                if (factor == 1.0f)
                    memcpy(row, source, filled * sizeof(float));
                else
                    for (size_t i = 0; i < filled; i++) row[i] = factor * source[i];
            }
        }
    }
}

void ck_pack_layer(
    const float *weights, const float *scale, size_t outputs, size_t inputs, size_t cells, float *packed) {
    const size_t width = ck_panel_width(), depth = inputs * cells;
    for (size_t column = 0; column < outputs; column += width) {
        size_t filled = outputs - column < width ? outputs - column : width;
        const float *source = weights + column * depth;
        float *panel = packed + column * depth;
        if (filled < width) memset(panel, 0, width * depth * sizeof(float));
        if (cells == 1) {
            transpose(source, depth, filled, depth, 1.0f, panel, width);
        } else {
            for (size_t o = 0; o < filled; o++)
                for (size_t i = 0; i < inputs; i++)
                    for (size_t cell = 0; cell < cells; cell++)
                        panel[(cell * inputs + i) * width + o] = *source++;
        }
        if (scale)
            for (size_t k = 0; k < depth; k++)
                for (size_t o = 0; o < filled; o++) panel[k * width + o] *= scale[column + o];
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
    transpose(matrix, stride, rows, columns, 1.0f, result, rows);
}

size_t ck_attention_width(size_t width) { return (width + ck_panel_width() - 1) / ck_panel_width() * ck_panel_width(); }

size_t ck_attention_scores(size_t count) {
    // As many rows as the tallest tile of any set has.
    return 12 * ((count + ck_panel_width() - 1) / ck_panel_width() * ck_panel_width());
}

void ck_attend(const ck_attention *attention) { CK_DISPATCH(ck_attend, attention); }
