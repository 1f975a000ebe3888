#include <math.h>
#include <string.h>

#include "ck_dense.h"
#include "ck_product.h"
#include "variants.h"

#define CK_NAME(name) name##_generic
#define CK_WIDE 4
#define CK_TALL 4
#define CK_DEEP 384
#include "dense_body.h"
#include "product_body.h"
#include "attention_body.h"
#include "winograd_body.h"
