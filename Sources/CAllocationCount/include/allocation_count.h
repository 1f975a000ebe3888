#ifndef ALLOCATION_COUNT_H
#define ALLOCATION_COUNT_H

#include <stddef.h>
#include <stdint.h>

/// Size classes that are counted apart: class i holds requests of 2^(i-1) < bytes <= 2^i.
#define ALLOCATION_SIZE_CLASSES 48

/// What the program asked of the allocator while counting was on, over all threads.
typedef struct {
    uint64_t calls;
    uint64_t bytes;
    /// Bytes of the largest single request.
    uint64_t largest;
    uint64_t by_size[ALLOCATION_SIZE_CLASSES];
} allocation_counts;

/// Sets all counts to 0 and counts from now on.
void allocation_count_start(void);

/// Counts no longer; the counts stay readable.
void allocation_count_stop(void);

/// A snapshot; exact when no other thread allocates meanwhile.
void allocation_count_read(allocation_counts *counts);

/// Gives freed memory back to the system.
void allocation_trim(void);

#endif
