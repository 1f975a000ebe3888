#ifndef BYTES_VARIANTS_H
#define BYTES_VARIANTS_H

#include "ck_byte_attention.h"
#include "ck_bytes.h"

#define CK_DECLARE_BYTES(set)                                                                                     \
    void ck_byte_quantise_##set(                                                                                  \
        const float *source, size_t stride, size_t rows, size_t columns, void *bytes, ck_byte_row *descriptions); \
    void ck_byte_normalise_##set(                                                                                 \
        const float *source, const float *weight, const float *bias, float epsilon, size_t rows, size_t columns,  \
        float *normal, void *bytes, ck_byte_row *descriptions);                                                   \
    void ck_byte_multiply_##set(const ck_byte_product *product, size_t first_panel, size_t panels);              \
    void ck_byte_pack_keys_##set(                                                                                 \
        const float *source, size_t stride, float factor, size_t count, size_t width, int8_t *keys,               \
        float *channels);                                                                                         \
    void ck_byte_pack_values_##set(                                                                               \
        const float *source, size_t stride, size_t count, size_t width, int16_t *values, float *steps);           \
    void ck_byte_attend_##set(const ck_byte_attention *job);

CK_DECLARE_BYTES(generic)
#if defined(__x86_64__)
CK_DECLARE_BYTES(avx2)
CK_DECLARE_BYTES(avxvnni)
CK_DECLARE_BYTES(avx512vnni)
#elif defined(__aarch64__)
CK_DECLARE_BYTES(neon)
CK_DECLARE_BYTES(neondot)
#endif

#endif
