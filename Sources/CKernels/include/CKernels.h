#ifndef CKERNELS_H
#define CKERNELS_H

#include "ck_attention.h"
#include "ck_byte_attention.h"
#include "ck_bytes.h"
#include "ck_checksum.h"
#include "ck_dense.h"
#include "ck_distance.h"
#include "ck_flow.h"
#include "ck_image.h"
#include "ck_mask.h"
#include "ck_numbers.h"
#include "ck_product.h"
#include "ck_relax.h"
#include "ck_suppression.h"
#include "ck_vision.h"
#include "ck_winograd.h"

#endif
