#if defined(__aarch64__)

#include <arm_neon.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "bytes_variants.h"
#include "ck_dense.h"

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

// The instruction multiplies signed bytes by signed ones; activations of 0...255 therefore become -128...127.
#define CK_NAME(name) name##_neondot
#define CK_WIDE 4
#define CK_TALL 8
#define CK_ELEMENT int8_t
#define CK_OFFSET 128
#define CK_BY_ELEMENT

typedef int32_t sums_neondot __attribute__((ext_vector_type(4)));
typedef int8x16_t group_neondot;

static inline __attribute__((always_inline)) group_neondot load_neondot(const int8_t *b) { return vld1q_s8(b); }

static inline __attribute__((always_inline)) sums_neondot dot_neondot(sums_neondot sums, int32_t a, group_neondot b) {
    return vdotq_s32(sums, b, vreinterpretq_s8_s32(vdupq_n_s32(a)));
}

static inline __attribute__((always_inline)) sums_neondot dot_pairs_neondot(
    sums_neondot sums, int32_t a, sums_neondot b) {
    int16x4_t values = vreinterpret_s16_s32(vdup_n_s32(a));
    return vmlal_lane_s16(vmlal_lane_s16(sums, vmovn_s32(b), values, 0), vshrn_n_s32(b, 16), values, 1);
}

#include "bytes_body.h"
#include "bytes_attention_body.h"

#pragma clang attribute pop

#endif
