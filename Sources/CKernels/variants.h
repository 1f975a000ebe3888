#ifndef VARIANTS_H
#define VARIANTS_H

#include <stddef.h>

#include "ck_attention.h"
#include "ck_dense.h"
#include "ck_product.h"
#include "ck_winograd.h"

// What this processor can run; product.c has their names in this order. Those of x86 go from the least to the best.
typedef enum { CK_SET_GENERIC, CK_SET_AVX2, CK_SET_AVX512, CK_SET_NEON } ck_set;

ck_set ck_processor_set(void);

// 1 when MONITOR_INSTRUCTIONS names this set: nothing beyond it is to be used, although the processor may have more.
int ck_processor_set_is_forced(void);

#define CK_DECLARE_SET(set)                                                                                          \
    void ck_layer_norm_##set(                                                                                        \
        const float *source, float *destination, const float *weight, const float *bias, size_t rows, size_t columns, \
        float epsilon);                                                                                              \
    void ck_multiply_##set(                                                                                          \
        const ck_product *product, size_t first_line, size_t lines, size_t first_panel, size_t panels);              \
    void ck_attend_##set(const ck_attention *attention);                                                             \
    void ck_winograd_input_##set(                                                                                    \
        const ck_winograd_tiles *tiles, const float *image, size_t channels, float *spectra);                        \
    void ck_winograd_output_##set(                                                                                   \
        const ck_winograd_tiles *tiles, const float *spectra, const float *bias, const float *residual,              \
        int activation, size_t channels, float *output);

CK_DECLARE_SET(generic)
#if defined(__x86_64__)
CK_DECLARE_SET(avx2)
CK_DECLARE_SET(avx512)
#elif defined(__aarch64__)
CK_DECLARE_SET(neon)
#endif

#if defined(__x86_64__)
#define CK_DISPATCH(name, ...)                                             \
    switch (ck_processor_set()) {                                          \
        case CK_SET_AVX512: name##_avx512(__VA_ARGS__); break;             \
        case CK_SET_AVX2: name##_avx2(__VA_ARGS__); break;                 \
        default: name##_generic(__VA_ARGS__); break;                       \
    }
#elif defined(__aarch64__)
#define CK_DISPATCH(name, ...)                                             \
    switch (ck_processor_set()) {                                          \
        case CK_SET_NEON: name##_neon(__VA_ARGS__); break;                 \
        default: name##_generic(__VA_ARGS__); break;                       \
    }
#else
#define CK_DISPATCH(name, ...) name##_generic(__VA_ARGS__)
#endif

#endif
