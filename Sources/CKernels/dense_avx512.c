#if defined(__x86_64__)

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "ck_dense.h"
#include "ck_product.h"
#include "variants.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)

#define CK_NAME(name) name##_avx512
#define CK_WIDE 16
#define CK_TALL 12
#define CK_DEEP 512
#include "dense_body.h"
#include "product_body.h"
#include "attention_body.h"
#include "winograd_body.h"

#pragma clang attribute pop

#endif
