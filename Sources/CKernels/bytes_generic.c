#include <math.h>
#include <stdint.h>
#include <string.h>

#include "bytes_variants.h"
#include "ck_dense.h"

#define CK_NAME(name) name##_generic
#define CK_WIDE 4
#define CK_TALL 4
#define CK_ELEMENT int16_t

typedef int32_t sums_generic __attribute__((ext_vector_type(4)));

// The two weights of every column.
typedef struct {
    sums_generic even, odd;
} group_generic;

static inline __attribute__((always_inline)) group_generic load_generic(const int8_t *b) {
    return (group_generic){{b[0], b[2], b[4], b[6]}, {b[1], b[3], b[5], b[7]}};
}

static inline __attribute__((always_inline)) sums_generic dot_generic(sums_generic sums, int32_t a, group_generic b) {
    int16_t values[2];
    memcpy(values, &a, 4);
    return sums + b.even * (int32_t)values[0] + b.odd * (int32_t)values[1];
}

static inline __attribute__((always_inline)) sums_generic dot_pairs_generic(sums_generic sums, int32_t a, sums_generic b) {
    int16_t values[2];
    memcpy(values, &a, 4);
    // The upper number as it is, the lower one with its sign extended.
    return sums + (b << 16 >> 16) * (int32_t)values[0] + (b >> 16) * (int32_t)values[1];
}

#include "bytes_body.h"
#include "bytes_attention_body.h"
