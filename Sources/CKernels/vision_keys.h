#ifndef VISION_KEYS_H
#define VISION_KEYS_H

#include <stdint.h>
#include <string.h>

/// Sorts descending by value, then ascending by index, which is its lower half.
static inline uint64_t ck_descending_key(float value, size_t index) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    uint32_t ascending = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
    return (uint64_t)~ascending << 32 | (uint32_t)index;
}

static int ck_compare_keys(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

#endif
