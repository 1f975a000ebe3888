#if defined(__x86_64__)

#include "dense_avx2.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "ck_dense.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define CK_NAME(name) name##_avx2
#include "dense_body.h"

#pragma clang attribute pop

#endif
