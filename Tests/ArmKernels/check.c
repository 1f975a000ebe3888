#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { MOST = 256, PAGE = 65536 };

static struct {
    void *start;
    size_t size;
} maps[MOST];

static size_t map_count = 0;

void *memory(size_t bytes, size_t alignment) {
    const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    const size_t size = (rounded + PAGE - 1) / PAGE * PAGE + PAGE;
    char *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map_count == MOST || start == MAP_FAILED || mprotect(start + size - PAGE, PAGE, PROT_NONE) != 0) {
        fprintf(stderr, "no memory for the check\n");
        exit(2);
    }
    maps[map_count].start = start;
    maps[map_count++].size = size;
    return start + size - PAGE - rounded;
}

void release_memory(void) {
    while (map_count > 0) {
        map_count--;
        munmap(maps[map_count].start, maps[map_count].size);
    }
}

static uint32_t next_random(void) {
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 32);
}

float *numbers(size_t count, size_t alignment, kind kind) {
    float *values = memory(count * sizeof(float), alignment);
    for (size_t i = 0; i < count; i++) {
        float value = (float)next_random() * 0x1p-30f - 2.0f;
        if (kind == DENORMAL && next_random() % 2) value *= 0x1p-130f;
        if (kind == EXTREME) value = ldexpf(value, (int)(next_random() % 127));
        values[i] = value;
    }
    return values;
}

float *copy_of(const float *values, size_t count) {
    float *copy = memory(count * sizeof(float), sizeof(float));
    memcpy(copy, values, count * sizeof(float));
    return copy;
}

static struct {
    const char *kernel;
    double tolerance, worst;
    size_t values, wrong;
} current;

static int failed = 0;

void begin(const char *kernel, double tolerance) {
    current.kernel = kernel;
    current.tolerance = tolerance;
    current.worst = 0;
    current.values = current.wrong = 0;
}

void expect(int holds) {
    current.values++;
    if (!holds) current.wrong++;
}

void compare(const float *ours, const float *portable, const double *scale, size_t count) {
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(portable[i])) largest = fmax(largest, fabs((double)portable[i]));
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(ours[i]) || !isfinite(portable[i])) {
            expect((isnan(ours[i]) && isnan(portable[i])) || ours[i] == portable[i]);
            continue;
        }
        const double size = scale ? scale[i] : largest, difference = fabs((double)ours[i] - (double)portable[i]);
        if (difference > 0x1p-147) current.worst = fmax(current.worst, difference / size);
        expect(difference <= current.tolerance * size + 0x1p-147);
    }
}

void compare_bytes(const void *ours, const void *portable, size_t count) {
    const unsigned char *left = ours, *right = portable;
    for (size_t i = 0; i < count; i++) expect(left[i] == right[i]);
}

void end(void) {
    const int is_good = current.wrong == 0 && current.values > 0;
    if (!is_good) failed++;
    printf("%s  %-24s %8zu values", is_good ? "ok   " : "WRONG", current.kernel, current.values);
    if (current.tolerance > 0)
        printf(", largest difference %.1e of %.1e\n", current.worst, current.tolerance);
    else
        printf(", identical\n");
    if (!is_good) printf("       %zu of them differ\n", current.wrong);
    release_memory();
}

int failures(void) { return failed; }
