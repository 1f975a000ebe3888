#if defined(__x86_64__)

#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "bytes_variants.h"
#include "ck_dense.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx512vnni,avx2,fma"))), apply_to = function)

#define CK_NAME(name) name##_avx512vnni
#define CK_WIDE 16
#define CK_TALL 12
#define CK_ELEMENT uint8_t

typedef int32_t sums_avx512vnni __attribute__((ext_vector_type(16)));
typedef __m512i group_avx512vnni;

static inline __attribute__((always_inline)) group_avx512vnni load_avx512vnni(const int8_t *b) {
    return _mm512_load_si512((const __m512i *)b);
}

static inline __attribute__((always_inline)) sums_avx512vnni dot_avx512vnni(
    sums_avx512vnni sums, int32_t a, group_avx512vnni b) {
    return (sums_avx512vnni)_mm512_dpbusd_epi32((__m512i)sums, _mm512_set1_epi32(a), b);
}

static inline __attribute__((always_inline)) sums_avx512vnni dot_pairs_avx512vnni(
    sums_avx512vnni sums, int32_t a, sums_avx512vnni b) {
    return (sums_avx512vnni)_mm512_dpwssd_epi32((__m512i)sums, _mm512_set1_epi32(a), (__m512i)b);
}

#include "bytes_body.h"
#include "bytes_attention_body.h"

#pragma clang attribute pop

#endif
