#if defined(__aarch64__)

#include <arm_neon.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "bytes_variants.h"
#include "ck_dense.h"

// For processors without dot products. Multiplications by an element of a 16-bit vector reach only half of the
// registers; several groups of a row at a time would not fit them, so CK_BY_ELEMENT would cost more moves than it saves
// loads.
#define CK_NAME(name) name##_neon
#define CK_WIDE 4
#define CK_TALL 8
#define CK_ELEMENT int16_t

typedef int32_t sums_neon __attribute__((ext_vector_type(4)));

// The two weights of every column.
typedef struct {
    int16x4_t even, odd;
} group_neon;

static inline __attribute__((always_inline)) group_neon parted_neon(int32x4_t pairs) {
    return (group_neon){vmovn_s32(pairs), vshrn_n_s32(pairs, 16)};
}

static inline __attribute__((always_inline)) group_neon load_neon(const int8_t *b) {
    return parted_neon(vreinterpretq_s32_s16(vmovl_s8(vld1_s8(b))));
}

// Products of bytes would have to be summed in 16 bits, which overflow; those of 16 bits are summed in 32.
static inline __attribute__((always_inline)) sums_neon dot_neon(sums_neon sums, int32_t a, group_neon b) {
    int16x4_t values = vreinterpret_s16_s32(vdup_n_s32(a));
    return vmlal_lane_s16(vmlal_lane_s16(sums, b.even, values, 0), b.odd, values, 1);
}

static inline __attribute__((always_inline)) sums_neon dot_pairs_neon(sums_neon sums, int32_t a, sums_neon b) {
    return dot_neon(sums, a, parted_neon(b));
}

#include "bytes_body.h"
#include "bytes_attention_body.h"

#endif
