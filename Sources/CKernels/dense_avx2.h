#ifndef DENSE_AVX2_H
#define DENSE_AVX2_H

#include <stddef.h>

void ck_finish_rows_avx2(
    float *values, const float *bias, const float *residual, size_t rows, size_t columns, size_t stride, int activation);
void ck_layer_norm_avx2(
    const float *source, float *destination, const float *weight, const float *bias, size_t rows, size_t columns,
    float epsilon);
void ck_softmax_rows_avx2(float *values, size_t rows, size_t columns, size_t stride, float scale);

#endif
