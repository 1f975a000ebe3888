#if defined(__x86_64__)

#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "bytes_variants.h"
#include "ck_dense.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,avxvnni"))), apply_to = function)

#define CK_NAME(name) name##_avxvnni
#define CK_WIDE 8
#define CK_TALL 6
#define CK_ELEMENT uint8_t

typedef int32_t sums_avxvnni __attribute__((ext_vector_type(8)));
typedef __m256i group_avxvnni;

static inline __attribute__((always_inline)) group_avxvnni load_avxvnni(const int8_t *b) {
    return _mm256_load_si256((const __m256i *)b);
}

static inline __attribute__((always_inline)) sums_avxvnni dot_avxvnni(
    sums_avxvnni sums, int32_t a, group_avxvnni b) {
    return (sums_avxvnni)_mm256_dpbusd_avx_epi32((__m256i)sums, _mm256_set1_epi32(a), b);
}

static inline __attribute__((always_inline)) sums_avxvnni dot_pairs_avxvnni(sums_avxvnni sums, int32_t a, sums_avxvnni b) {
    return (sums_avxvnni)_mm256_dpwssd_avx_epi32((__m256i)sums, _mm256_set1_epi32(a), (__m256i)b);
}

#include "bytes_body.h"
#include "bytes_attention_body.h"

#pragma clang attribute pop

#endif
