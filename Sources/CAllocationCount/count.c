#define _GNU_SOURCE
#include "allocation_count.h"

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>

// glibc's own allocator under the names it keeps for interposers. Memory comes from there unchanged, so that `free`
// need not be replaced.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static atomic_bool counting;
static _Atomic uint64_t calls;
static _Atomic uint64_t bytes;
static _Atomic uint64_t largest;
static _Atomic uint64_t by_size[ALLOCATION_SIZE_CLASSES];

static void note(size_t size) {
    if (!atomic_load_explicit(&counting, memory_order_relaxed)) return;
    atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&bytes, size, memory_order_relaxed);
    const int class = size <= 1 ? 0 : 64 - __builtin_clzll((unsigned long long)size - 1);
    const int last = ALLOCATION_SIZE_CLASSES - 1;
    atomic_fetch_add_explicit(&by_size[class < last ? class : last], 1, memory_order_relaxed);
    uint64_t known = atomic_load_explicit(&largest, memory_order_relaxed);
    while (size > known
           && !atomic_compare_exchange_weak_explicit(
               &largest, &known, size, memory_order_relaxed, memory_order_relaxed)) {
    }
}

void *malloc(size_t size) {
    note(size);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    size_t total;
    if (!__builtin_mul_overflow(count, size, &total)) note(total);
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
    note(size);
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
    note(size);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    note(size);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
    note(size);
    void *found = __libc_memalign(alignment, size);
    if (!found) return ENOMEM;
    *memory = found;
    return 0;
}

void allocation_count_start(void) {
    atomic_store(&counting, false);
    atomic_store(&calls, 0);
    atomic_store(&bytes, 0);
    atomic_store(&largest, 0);
    for (int class = 0; class < ALLOCATION_SIZE_CLASSES; class++) atomic_store(&by_size[class], 0);
    atomic_store(&counting, true);
}

void allocation_count_stop(void) { atomic_store(&counting, false); }

void allocation_count_read(allocation_counts *counts) {
    counts->calls = atomic_load(&calls);
    counts->bytes = atomic_load(&bytes);
    counts->largest = atomic_load(&largest);
    for (int class = 0; class < ALLOCATION_SIZE_CLASSES; class++) counts->by_size[class] = atomic_load(&by_size[class]);
}

void allocation_trim(void) { malloc_trim(0); }
