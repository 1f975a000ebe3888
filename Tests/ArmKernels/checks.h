#ifndef CHECKS_H
#define CHECKS_H

#include "ck_bytes.h"

// Each compares what this processor uses with the portable kernels and prints a line per kernel.

void check_packing(void);
void check_products(void);
void check_layer_norm(void);
void check_attention(void);
void check_winograd(void);

/// The set's kernels in 8 bits.
void check_bytes(ck_byte_set set, const char *name);
void check_byte_attention(ck_byte_set set, const char *name);

#endif
