#if defined(__x86_64__)

#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "bytes_variants.h"
#include "ck_dense.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define CK_NAME(name) name##_avx2
#define CK_WIDE 8
#define CK_TALL 6
#define CK_ELEMENT int16_t

typedef int32_t sums_avx2 __attribute__((ext_vector_type(8)));
typedef __m256i group_avx2;

static inline __attribute__((always_inline)) group_avx2 load_avx2(const int8_t *b) {
    return _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)b));
}

// Products of bytes would have to be summed in 16 bits, which overflow; those of 16 bits are summed in 32.
static inline __attribute__((always_inline)) sums_avx2 dot_avx2(sums_avx2 sums, int32_t a, group_avx2 b) {
    return sums + (sums_avx2)_mm256_madd_epi16(_mm256_set1_epi32(a), b);
}

static inline __attribute__((always_inline)) sums_avx2 dot_pairs_avx2(sums_avx2 sums, int32_t a, sums_avx2 b) {
    return sums + (sums_avx2)_mm256_madd_epi16(_mm256_set1_epi32(a), (__m256i)b);
}

#include "bytes_body.h"
#include "bytes_attention_body.h"

#pragma clang attribute pop

#endif
