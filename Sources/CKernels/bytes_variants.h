#ifndef BYTES_VARIANTS_H
#define BYTES_VARIANTS_H

#include "ck_bytes.h"

#define CK_DECLARE_BYTES(set)                                                                                     \
    void ck_byte_quantise_##set(                                                                                  \
        const float *source, size_t stride, size_t rows, size_t columns, void *bytes, ck_byte_row *descriptions); \
    void ck_byte_multiply_##set(const ck_byte_product *product, size_t first_panel, size_t panels);

CK_DECLARE_BYTES(generic)
#if defined(__x86_64__)
CK_DECLARE_BYTES(avx2)
CK_DECLARE_BYTES(avxvnni)
CK_DECLARE_BYTES(avx512vnni)
#endif

#endif
