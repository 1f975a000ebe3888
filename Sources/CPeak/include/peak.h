#ifndef PEAK_H
#define PEAK_H

// What this processor can do at most, measured with all `threads` busy at the same time, each for `seconds` of its own
// processor time.

/// Single-precision multiply-adds from registers alone, in GFLOP/s (one multiply-add is two operations), over all threads.
double peak_multiply_add(int threads, double seconds);

/// Memory read in order, 64 MiB for each thread, in GB/s over all threads; 0 when there is not enough memory.
double peak_read(int threads, double seconds);

/// The vector instructions that `peak_multiply_add` uses here: "AVX-512", "AVX2" or "portable".
const char *peak_instructions(void);

#endif
