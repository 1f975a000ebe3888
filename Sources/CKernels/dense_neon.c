#if defined(__aarch64__)

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "ck_dense.h"
#include "ck_product.h"
#include "variants.h"

// Every 64-bit ARM processor has NEON and fused multiplications: nothing is to be asked for. Of its 32 registers a tile
// of 8 rows takes 16 for sums and 8 for four values of each row, whose elements the multiplications take in place; so 8
// are left for weights. With 12 rows, 24 sums would leave too few for the values. A panel of depth 512 fills half of a
// small first-level cache (32 KiB).
#define CK_NAME(name) name##_neon
#define CK_WIDE 4
#define CK_TALL 8
#define CK_DEEP 512
#define CK_BY_ELEMENT
#include "dense_body.h"
#include "product_body.h"
#include "attention_body.h"
#include "winograd_body.h"

#endif
