#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>
#include <stdint.h>

// Memory, numbers and comparisons of the checks.

/// Numbers around 1; numbers among them of which half are denormal; numbers whose products and sums overflow.
typedef enum { ORDINARY, DENORMAL, EXTREME } kind;

enum { KINDS = 3 };

/// Zeros that end, but for the alignment, where a page begins that must not be touched.
void *memory(size_t bytes, size_t alignment);

/// `count` numbers in such memory; their first is aligned to `alignment` bytes.
float *numbers(size_t count, size_t alignment, kind kind);
float *copy_of(const float *values, size_t count);

/// Frees everything that memory() gave.
void release_memory(void);

/// What follows concerns this kernel, whose results may differ by `tolerance` times what compare() is told.
void begin(const char *kernel, double tolerance);

/// Both NaN, both the same infinity, or near: |ours - portable| <= tolerance * scale[i] + a few denormal steps. NULL:
/// the largest finite magnitude of all takes the place of scale[i].
void compare(const float *ours, const float *portable, const double *scale, size_t count);

/// The same bytes.
void compare_bytes(const void *ours, const void *portable, size_t count);

/// A check of another kind.
void expect(int holds);

/// Prints the kernel's line.
void end(void);

/// How many kernels failed so far.
int failures(void);

#endif
