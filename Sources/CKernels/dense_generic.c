#include "ck_dense.h"

#include <math.h>
#include <string.h>

#define CK_NAME(name) name##_generic
#include "dense_body.h"
