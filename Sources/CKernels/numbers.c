#include "ck_numbers.h"

#include <string.h>

void ck_half_to_float(const void *source, float *destination, size_t count) {
    const unsigned char *bytes = source;
    for (size_t i = 0; i < count; i++) {
        uint16_t half;
        memcpy(&half, bytes + 2 * i, 2);
        uint32_t sign = (uint32_t)(half & 0x8000) << 16;
        uint32_t exponent = (half >> 10) & 0x1f;
        uint32_t mantissa = half & 0x3ff;
        float value;
        if (exponent == 0) {
            // Zero and subnormals: mantissa * 2^-24 is exact in single precision.
            value = (float)mantissa * 0x1p-24f;
            uint32_t bits;
            memcpy(&bits, &value, 4);
            bits |= sign;
            memcpy(&value, &bits, 4);
        } else {
            uint32_t wide = exponent == 31 ? 0xffu : exponent + 112;
            uint32_t bits = sign | wide << 23 | mantissa << 13;
            memcpy(&value, &bits, 4);
        }
        destination[i] = value;
    }
}

void ck_bfloat_to_float(const void *source, float *destination, size_t count) {
    const unsigned char *bytes = source;
    for (size_t i = 0; i < count; i++) {
        uint16_t upper;
        memcpy(&upper, bytes + 2 * i, 2);
        uint32_t bits = (uint32_t)upper << 16;
        memcpy(destination + i, &bits, 4);
    }
}

void ck_double_to_float(const void *source, float *destination, size_t count) {
    const unsigned char *bytes = source;
    for (size_t i = 0; i < count; i++) {
        double value;
        memcpy(&value, bytes + 8 * i, 8);
        destination[i] = (float)value;
    }
}

void ck_float_to_half(const float *source, uint16_t *destination, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, source + i, 4);
        uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
        uint32_t magnitude = bits & 0x7fffffff;
        uint16_t half;
        if (magnitude > 0x7f800000) {
            half = 0x7e00;
        } else if (magnitude >= 0x477ff000) {
            half = 0x7c00;
        } else if (magnitude < 0x38800000) {
            // Adding 0.5 aligns the mantissa so that the hardware rounds the subnormal to nearest even.
            float value;
            memcpy(&value, &magnitude, 4);
            value += 0.5f;
            uint32_t rounded;
            memcpy(&rounded, &value, 4);
            half = (uint16_t)(rounded - 0x3f000000);
        } else {
            uint32_t odd = magnitude >> 13 & 1;
            half = (uint16_t)((magnitude - 0x38000000 + 0xfff + odd) >> 13);
        }
        destination[i] = sign | half;
    }
}
