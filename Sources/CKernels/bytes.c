#include "ck_bytes.h"

#include <math.h>
#include <string.h>

#include "bytes_variants.h"
#include "ck_byte_attention.h"
#include "variants.h"

#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

ck_byte_set ck_byte_best_set(void) {
    switch (ck_processor_set()) {
        case CK_SET_AVX512: return ck_byte_has_set(CK_BYTES_AVX512VNNI) ? CK_BYTES_AVX512VNNI : CK_BYTES_AVX2;
        case CK_SET_AVX2:
            return !ck_processor_set_is_forced() && ck_byte_has_set(CK_BYTES_AVXVNNI) ? CK_BYTES_AVXVNNI : CK_BYTES_AVX2;
        case CK_SET_NEON:
            return !ck_processor_set_is_forced() && ck_byte_has_set(CK_BYTES_NEONDOT) ? CK_BYTES_NEONDOT : CK_BYTES_NEON;
        case CK_SET_GENERIC: return CK_BYTES_GENERIC;
    }
}

int ck_byte_has_set(ck_byte_set set) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    int has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    switch (set) {
        case CK_BYTES_GENERIC: return 1;
        case CK_BYTES_AVX2: return has_avx2;
        case CK_BYTES_AVXVNNI: return has_avx2 && __builtin_cpu_supports("avxvnni");
        case CK_BYTES_AVX512VNNI:
            return has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512vnni");
        default: return 0;
    }
#elif defined(__aarch64__)
    if (set == CK_BYTES_NEON) return 1;
    if (set == CK_BYTES_NEONDOT) return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#endif
    return set == CK_BYTES_GENERIC;
}

// What a set's kernels expect: bytes per quantised activation, and values of a row that one 32-bit sum takes at a time,
// which fill 4 bytes; sums per vector, two of which make a panel's width; what is subtracted from activations to make
// them fit their type.
typedef struct {
    size_t element, group, wide;
    int32_t offset;
} layout;

static layout layout_of(ck_byte_set set) {
    switch (set) {
        case CK_BYTES_GENERIC:
        case CK_BYTES_NEON: return (layout){.element = 2, .group = 2, .wide = 4};
        case CK_BYTES_NEONDOT: return (layout){.element = 1, .group = 4, .wide = 4, .offset = 128};
        case CK_BYTES_AVX2: return (layout){.element = 2, .group = 2, .wide = 8};
        case CK_BYTES_AVXVNNI: return (layout){.element = 1, .group = 4, .wide = 8};
        case CK_BYTES_AVX512VNNI: return (layout){.element = 1, .group = 4, .wide = 16};
    }
}

static size_t rounded(size_t count, size_t multiple) { return (count + multiple - 1) / multiple * multiple; }

size_t ck_byte_row_size(ck_byte_set set, size_t depth) {
    layout layout = layout_of(set);
    return rounded(depth, layout.group) * layout.element;
}

size_t ck_byte_panel_width(ck_byte_set set) { return 2 * layout_of(set).wide; }

size_t ck_byte_weights_size(ck_byte_set set, size_t depth, size_t columns) {
    return rounded(columns, ck_byte_panel_width(set)) * rounded(depth, layout_of(set).group);
}

// Numbers per column beside its weights: step, sum, bias, and what sums begin with where activations have an offset.
static size_t channels_of(ck_byte_set set) { return layout_of(set).offset ? 4 : 3; }

size_t ck_byte_channels_size(ck_byte_set set, size_t columns) {
    return channels_of(set) * rounded(columns, ck_byte_panel_width(set));
}

void ck_byte_pack(
    ck_byte_set set, const float *matrix, const float *factor, const float *bias, size_t depth, size_t columns,
    int8_t *weights, float *channels) {
    const size_t width = ck_byte_panel_width(set), group = layout_of(set).group, deep = rounded(depth, group);
    memset(weights, 0, ck_byte_weights_size(set, depth, columns));
    memset(channels, 0, ck_byte_channels_size(set, columns) * sizeof(float));
    for (size_t column = 0; column < columns; column++) {
        const float *row = matrix + column * depth;
        float largest = 0.0f;
        for (size_t k = 0; k < depth; k++) largest = fmaxf(largest, fabsf(row[k]));
        float step = largest / 127.0f;
        // Weights whose step is no normal number are nothing.
        float inverse = step >= 0x1p-126f ? 1.0f / step : 0.0f;
        const size_t inside = column % width;
        int8_t *panel = weights + (column - inside) * deep;
        int32_t sum = 0;
        for (size_t k = 0; k < depth; k++) {
            int8_t value = (int8_t)lrintf(row[k] * inverse);
            panel[k / group * group * width + inside * group + k % group] = value;
            sum += value;
        }
        if (factor) step *= factor[column];
        float *channel = channels + (column - inside) * channels_of(set) + inside;
        channel[0] = step;
        channel[width] = step * (float)sum;
        channel[2 * width] = bias ? bias[column] : 0.0f;
        const int32_t start = layout_of(set).offset * sum;
        if (start) memcpy(channel + 3 * width, &start, sizeof start);
    }
}

size_t ck_byte_keys_size(ck_byte_set set, size_t count, size_t width) {
    return ck_byte_weights_size(set, width, count);
}

size_t ck_byte_key_channels_size(ck_byte_set set, size_t count) { return ck_byte_channels_size(set, count); }

size_t ck_byte_values_size(ck_byte_set set, size_t count, size_t width) {
    return 2 * ((count + 1) / 2) * ck_byte_weighted_size(set, width);
}

size_t ck_byte_value_steps_size(ck_byte_set set, size_t width) { return ck_byte_weighted_size(set, width); }

size_t ck_byte_scores_size(ck_byte_set set, size_t count) {
    // As many queries as any set takes at a time.
    return 12 * sizeof(float) * rounded(count, ck_byte_panel_width(set));
}

size_t ck_byte_weighted_size(ck_byte_set set, size_t width) { return rounded(width, ck_byte_panel_width(set)); }

#if defined(__x86_64__)
#define CK_BYTE_DISPATCH(name, ...)                                     \
    switch (set) {                                                      \
        case CK_BYTES_AVX512VNNI: name##_avx512vnni(__VA_ARGS__); break; \
        case CK_BYTES_AVXVNNI: name##_avxvnni(__VA_ARGS__); break;      \
        case CK_BYTES_AVX2: name##_avx2(__VA_ARGS__); break;            \
        default: name##_generic(__VA_ARGS__); break;                    \
    }
#elif defined(__aarch64__)
#define CK_BYTE_DISPATCH(name, ...)                                     \
    switch (set) {                                                      \
        case CK_BYTES_NEONDOT: name##_neondot(__VA_ARGS__); break;      \
        case CK_BYTES_NEON: name##_neon(__VA_ARGS__); break;            \
        default: name##_generic(__VA_ARGS__); break;                    \
    }
#else
#define CK_BYTE_DISPATCH(name, ...) ((void)set, name##_generic(__VA_ARGS__))
#endif

void ck_byte_quantise(
    ck_byte_set set, const float *source, size_t stride, size_t rows, size_t columns, void *bytes,
    ck_byte_row *descriptions) {
    CK_BYTE_DISPATCH(ck_byte_quantise, source, stride, rows, columns, bytes, descriptions);
}

void ck_byte_normalise(
    ck_byte_set set, const float *source, const float *weight, const float *bias, float epsilon, size_t rows,
    size_t columns, float *normal, void *bytes, ck_byte_row *descriptions) {
    CK_BYTE_DISPATCH(ck_byte_normalise, source, weight, bias, epsilon, rows, columns, normal, bytes, descriptions);
}

void ck_byte_multiply(ck_byte_set set, const ck_byte_product *product, size_t first_panel, size_t panels) {
    CK_BYTE_DISPATCH(ck_byte_multiply, product, first_panel, panels);
}

void ck_byte_pack_keys(
    ck_byte_set set, const float *source, size_t stride, float factor, size_t count, size_t width, int8_t *keys,
    float *channels) {
    CK_BYTE_DISPATCH(ck_byte_pack_keys, source, stride, factor, count, width, keys, channels);
}

void ck_byte_pack_values(
    ck_byte_set set, const float *source, size_t stride, size_t count, size_t width, int16_t *values, float *steps) {
    CK_BYTE_DISPATCH(ck_byte_pack_values, source, stride, count, width, values, steps);
}

void ck_byte_attend(ck_byte_set set, const ck_byte_attention *job) { CK_BYTE_DISPATCH(ck_byte_attend, job); }
