#ifndef VISION_VARIANTS_H
#define VISION_VARIANTS_H

// One body, compiled twice: for the baseline and for processors with AVX2 and FMA, chosen at run time. The baseline of
// 64-bit ARM has vectors and fused multiplications.
#if defined(__x86_64__)
#define CK_FAST __attribute__((target("avx2,fma")))
#define CK_HAS_FAST (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
#else
#define CK_FAST
#define CK_HAS_FAST 0
#endif
#define CK_BODY static inline __attribute__((always_inline))

#endif
