#ifndef CK_NUMBERS_H
#define CK_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

/// IEEE half precision to single precision, `count` values, little-endian source that need not be aligned.
void ck_half_to_float(const void *source, float *destination, size_t count);

/// bfloat16 to single precision, `count` values, little-endian source that need not be aligned.
void ck_bfloat_to_float(const void *source, float *destination, size_t count);

/// Double to single precision, `count` values, little-endian source that need not be aligned.
void ck_double_to_float(const void *source, float *destination, size_t count);

/// Single precision to IEEE half precision, round to nearest even; overflow becomes infinity.
void ck_float_to_half(const float *source, uint16_t *destination, size_t count);

#endif
