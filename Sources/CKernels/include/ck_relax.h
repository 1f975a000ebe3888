#ifndef CK_RELAX_H
#define CK_RELAX_H

/// Tells the processor that this is a waiting loop.
static inline void ck_relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
