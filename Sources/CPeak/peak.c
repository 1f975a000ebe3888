#define _GNU_SOURCE
#include "peak.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// The thread's own processor time: what the processor could do does not depend on who else uses it.
static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

// Enough independent chains to hide the latency of a multiply-add on every processor with at most three units for it.
enum { CHAINS = 16, STEPS = 20000 };

// Operands that the compiler cannot know keep it from computing the loop itself.
static volatile float factor = 0.999f, summand = 1e-3f, sink;

// Defines a function that makes STEPS steps of all chains and returns the operations of one step.
#define CHAIN_LOOP(name, attributes, vector, lanes, spread, fused)                  \
    attributes static int name(void) {                                              \
        vector x = spread(factor), y = spread(summand), chains[CHAINS];             \
        for (int i = 0; i < CHAINS; i++) chains[i] = spread(1.0f + (float)i);       \
        for (int step = 0; step < STEPS; step++)                                    \
            _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; i++)     \
                chains[i] = fused(chains[i], x, y);                                 \
        for (int i = 1; i < CHAINS; i++) chains[0] += chains[i];                    \
        float values[lanes];                                                        \
        memcpy(values, &chains[0], sizeof values);                                  \
        sink = values[0];                                                           \
        return 2 * lanes * CHAINS;                                                  \
    }

typedef float four __attribute__((vector_size(16)));
#define FOUR(value) ((four){(value), (value), (value), (value)})
#define PLAIN(a, x, y) ((a) * (x) + (y))
CHAIN_LOOP(steps_portable, , four, 4, FOUR, PLAIN)

#if defined(__x86_64__)
CHAIN_LOOP(steps_avx2, __attribute__((target("avx2,fma"))), __m256, 8, _mm256_set1_ps, _mm256_fmadd_ps)
CHAIN_LOOP(steps_avx512, __attribute__((target("avx512f"))), __m512, 16, _mm512_set1_ps, _mm512_fmadd_ps)
#endif

typedef struct {
    const char *name;
    int (*steps)(void);
} chain_loop;

static chain_loop best_loop(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f")) return (chain_loop){"AVX-512", steps_avx512};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return (chain_loop){"AVX2", steps_avx2};
#endif
    return (chain_loop){"portable", steps_portable};
}

const char *peak_instructions(void) { return best_loop().name; }

// One pass over the buffer; the sums keep the loads alive.
static double read_once(const uint64_t *buffer, size_t count) {
    uint64_t sums[8] = {0};
    for (size_t i = 0; i < count; i += 8)
        for (int lane = 0; lane < 8; lane++) sums[lane] ^= buffer[i + (size_t)lane];
    uint64_t all = 0;
    for (int lane = 0; lane < 8; lane++) all ^= sums[lane];
    sink = (float)all;
    return (double)count * sizeof *buffer;
}

typedef struct {
    pthread_barrier_t *start;
    double seconds;
    int reads;
    // Operations or bytes per second.
    double rate;
} worker;

static void *work(void *argument) {
    worker *self = argument;
    enum { WORDS = (64 << 20) / sizeof(uint64_t) };
    uint64_t *buffer = NULL;
    if (self->reads && (buffer = malloc(WORDS * sizeof *buffer))) memset(buffer, 1, WORDS * sizeof *buffer);
    const chain_loop loop = best_loop();
    pthread_barrier_wait(self->start);
    double begin = now(), done = 0, passed = 0;
    do {
        if (!self->reads) {
            done += (double)loop.steps() * STEPS;
        } else if (buffer) {
            done += read_once(buffer, WORDS);
        } else {
            break;
        }
        passed = now() - begin;
    } while (passed < self->seconds);
    self->rate = passed > 0 ? done / passed : 0;
    free(buffer);
    return NULL;
}

enum { MOST_THREADS = 64 };

static double total(int threads, double seconds, int reads) {
    if (threads < 1) threads = 1;
    if (threads > MOST_THREADS) threads = MOST_THREADS;
    pthread_t handles[MOST_THREADS];
    worker workers[MOST_THREADS];
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, (unsigned)threads);
    for (int i = 0; i < threads; i++) workers[i] = (worker){&start, seconds, reads, 0};
    // All or none may pass the barrier, so a thread that cannot be made ends the program.
    for (int i = 1; i < threads; i++)
        if (pthread_create(&handles[i], NULL, work, &workers[i]) != 0) abort();
    work(&workers[0]);
    double sum = workers[0].rate;
    for (int i = 1; i < threads; i++) {
        pthread_join(handles[i], NULL);
        sum += workers[i].rate;
    }
    pthread_barrier_destroy(&start);
    return sum * 1e-9;
}

double peak_multiply_add(int threads, double seconds) { return total(threads, seconds, 0); }

double peak_read(int threads, double seconds) { return total(threads, seconds, 1); }
