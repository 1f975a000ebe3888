// Softmax attention by blocks, compiled once per instruction set behind product_body.h, whose tiles it uses.

// 2^x for x <= 0, relative error < 2e-7: 2^n * p(f) with |f| <= 1/2; below 2^-126 it is about 0.
static inline __attribute__((always_inline)) CK_NAME(vector) CK_NAME(power_of_two)(CK_NAME(vector) x) {
    CK_NAME(vector) least = -126.0f;
    x = __builtin_elementwise_max(x, least);
    // Adding 1.5 * 2^23 rounds to the nearest integer, kept in the low mantissa bits.
    CK_NAME(vector) shifted = x + 12582912.0f;
    CK_NAME(vector) f = x - (shifted - 12582912.0f);
    CK_NAME(vector) p = 1.3333558e-3f;
    p = p * f + 9.6181291e-3f;
    p = p * f + 5.5504109e-2f;
    p = p * f + 2.4022651e-1f;
    p = p * f + 6.9314718e-1f;
    p = p * f + 1.0f;
    CK_NAME(whole) bits = __builtin_bit_cast(CK_NAME(whole), p) + (__builtin_bit_cast(CK_NAME(whole), shifted) << 23);
    return __builtin_bit_cast(CK_NAME(vector), bits);
}

// Largest score of each row, in the lanes of one vector.
static inline __attribute__((always_inline)) void CK_NAME(highest)(
    const int rows, const float *scores, size_t stride, size_t vectors, CK_NAME(vector) * high) {
    const CK_NAME(vector) *blocks = (const CK_NAME(vector) *)scores;
    for (int r = 0; r < rows; r++) high[r] = blocks[r * stride / CK_WIDE];
    for (size_t i = 1; i < vectors; i++)
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) high[r] = __builtin_elementwise_max(high[r], blocks[r * stride / CK_WIDE + i]);
}

// Replaces each row's scores by their weights relative to the row's maximum and adds up the weights.
static inline __attribute__((always_inline)) void CK_NAME(weigh)(
    const int rows, float *scores, size_t stride, size_t vectors, const float *maxima, CK_NAME(vector) * totals) {
    CK_NAME(vector) *blocks = (CK_NAME(vector) *)scores;
    for (int r = 0; r < rows; r++) totals[r] = 0.0f;
    for (size_t i = 0; i < vectors; i++)
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            CK_NAME(vector) weight = CK_NAME(power_of_two)(blocks[r * stride / CK_WIDE + i] - maxima[r]);
            blocks[r * stride / CK_WIDE + i] = weight;
            totals[r] += weight;
        }
}

// Scores of up to CK_TALL queries become weights; what was summed before is brought to the new maxima.
static inline void CK_NAME(soften)(const ck_attention *job, size_t top, size_t rows, size_t stride, size_t padded) {
    const size_t vectors = (job->count + CK_WIDE - 1) / CK_WIDE;
    CK_NAME(vector) high[CK_TALL], totals[CK_TALL];
    float *maxima = job->maxima + top, *sums = job->sums + top, factors[CK_TALL];
    // What lies behind the last key counts as infinitely far.
    for (size_t r = 0; r < rows; r++)
        for (size_t i = job->count; i < vectors * CK_WIDE; i++) job->scores[r * stride + i] = -INFINITY;
    // Several rows at a time, because one row's chain of dependent operations would leave the processor idle.
    size_t row = 0;
    for (; row + 4 <= rows; row += 4) CK_NAME(highest)(4, job->scores + row * stride, stride, vectors, high + row);
    for (; row < rows; row++) CK_NAME(highest)(1, job->scores + row * stride, stride, vectors, high + row);
    for (size_t r = 0; r < rows; r++) {
        float largest = __builtin_reduce_max(high[r]);
        if (!job->is_first && maxima[r] > largest) largest = maxima[r];
        factors[r] = job->is_first || maxima[r] == largest ? 1.0f : exp2f(maxima[r] - largest);
        maxima[r] = largest;
    }
    for (row = 0; row + 2 <= rows; row += 2)
        CK_NAME(weigh)(2, job->scores + row * stride, stride, vectors, maxima + row, totals + row);
    for (; row < rows; row++) CK_NAME(weigh)(1, job->scores + row * stride, stride, vectors, maxima + row, totals + row);
    for (size_t r = 0; r < rows; r++) {
        float lanes[CK_WIDE], added = 0.0f;
        memcpy(lanes, totals + r, sizeof lanes);
        for (size_t i = 0; i < CK_WIDE; i++) added += lanes[i];
        sums[r] = job->is_first ? added : sums[r] * factors[r] + added;
        float *weighted = job->weighted + (top + r) * padded;
        if (factors[r] != 1.0f)
            for (size_t i = 0; i < padded; i++) weighted[i] *= factors[r];
    }
}

void CK_NAME(ck_attend)(const ck_attention *job) {
    const size_t stride = (job->count + CK_PANEL - 1) / CK_PANEL * CK_PANEL;
    const size_t padded = (job->width + CK_PANEL - 1) / CK_PANEL * CK_PANEL;
    const CK_NAME(piece) across = {0, job->width}, along = {0, job->count};
    const CK_NAME(finish) scores = {NULL, NULL, 0, CK_NONE}, sums = {NULL, NULL, !job->is_first, CK_NONE};
    const size_t tiles = (job->rows + CK_TALL - 1) / CK_TALL;
    for (size_t tile = 0; tile < tiles; tile++) {
        size_t top = job->rows * tile / tiles, rows = job->rows * (tile + 1) / tiles - top;
        for (size_t key = 0; key < job->count; key += CK_PANEL)
            CK_NAME(any_tile)(
                rows, job->queries + top * job->query_step, job->query_step, &across, 1, job->keys + key * job->width,
                job->scores + key, stride, &scores);
        CK_NAME(soften)(job, top, rows, stride, padded);
        float *weighted = job->weighted + top * padded;
        for (size_t column = 0; column < padded; column += CK_PANEL)
            CK_NAME(any_tile)(
                rows, job->scores, stride, &along, 1, job->values + column * job->count, weighted + column, padded,
                &sums);
        if (job->is_last)
            for (size_t r = 0; r < rows; r++) {
                float scale = 1.0f / job->sums[top + r];
                float *output = job->output + (top + r) * job->output_step;
                for (size_t i = 0; i < job->width; i++) output[i] = weighted[r * padded + i] * scale;
            }
    }
}
