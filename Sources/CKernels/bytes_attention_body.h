// Attention in integers, compiled once per instruction set behind bytes_body.h. Beside what that needs, the including file
// defines CK_NAME(dot_pairs), which adds the products of a pair of 16-bit numbers, given as 32 bits, and one such pair per
// column to sums.

#define CK_BYTE_WIDTH (2 * CK_WIDE)

typedef int16_t CK_NAME(shorts) __attribute__((ext_vector_type(CK_WIDE), aligned(2)));
typedef int8_t CK_NAME(signed_bytes) __attribute__((ext_vector_type(CK_WIDE)));

void CK_NAME(ck_byte_pack_keys)(
    const float *source, size_t stride, float factor, size_t count, size_t width, int8_t *keys, float *channels) {
#pragma clang fp contract(off)
    const size_t groups = (width + CK_GROUP - 1) / CK_GROUP, panel_size = groups * CK_GROUP * CK_BYTE_WIDTH;
    const size_t padded = (count + CK_BYTE_WIDTH - 1) / CK_BYTE_WIDTH * CK_BYTE_WIDTH;
    for (size_t key = 0; key < padded; key++) {
        const size_t inside = key % CK_BYTE_WIDTH;
        int8_t *to = keys + key / CK_BYTE_WIDTH * panel_size + inside * CK_GROUP;
        float *channel = channels + (key - inside) * CK_CHANNELS + inside;
        channel[0] = channel[CK_BYTE_WIDTH] = channel[2 * CK_BYTE_WIDTH] = 0.0f;
        if (CK_OFFSET) channel[3 * CK_BYTE_WIDTH] = 0.0f;
        if (key >= count) {
            for (size_t g = 0; g < groups; g++) memset(to + g * CK_GROUP * CK_BYTE_WIDTH, 0, CK_GROUP);
            continue;
        }
        const float *row = source + key * stride;
        CK_NAME(range) range = CK_NAME(range_of)(row, width);
        const float step = (range.high > -range.low ? range.high : -range.low) / 127.0f;
        const float inverse = step >= 0x1p-126f ? 1.0f / step : 0.0f;
        CK_NAME(sums) sums = 0;
        // A vector at a time, all rounded before they are spread over the panel.
        for (size_t first = 0; first < width; first += CK_WIDE) {
            CK_NAME(reals) values = 0.0f;
            if (width - first >= CK_WIDE)
                values = *(const CK_NAME(loose_reals) *)(row + first);
            else
                memcpy(&values, row + first, (width - first) * sizeof(float));
            // Adding 1.5 * 2^23 rounds to the nearest integer, kept in the low mantissa bits.
            const float shift = 12582912.0f;
            CK_NAME(reals) shifted = values * inverse + shift;
            sums += __builtin_bit_cast(CK_NAME(sums), shifted) - __builtin_bit_cast(int32_t, shift);
            CK_NAME(signed_bytes) levels =
                __builtin_convertvector(__builtin_bit_cast(CK_NAME(sums), shifted), CK_NAME(signed_bytes));
#pragma clang loop unroll(full)
            for (size_t i = 0; i < CK_WIDE; i += CK_GROUP)
                if (first + i < width) memcpy(to + (first + i) * CK_BYTE_WIDTH, (const char *)&levels + i, CK_GROUP);
        }
        channel[0] = step * factor;
        const int32_t sum = __builtin_reduce_add(sums), start = CK_OFFSET * sum;
        channel[CK_BYTE_WIDTH] = step * factor * (float)sum;
        if (CK_OFFSET) memcpy(channel + 3 * CK_BYTE_WIDTH, &start, sizeof start);
    }
}

void CK_NAME(ck_byte_pack_values)(
    const float *source, size_t stride, size_t count, size_t width, int16_t *values, float *steps) {
#pragma clang fp contract(off)
    const size_t pairs = (count + 1) / 2;
    for (size_t column = 0; column < width; column += CK_BYTE_WIDTH) {
        const size_t columns = width - column < CK_BYTE_WIDTH ? width - column : CK_BYTE_WIDTH;
        const float *from = source + column;
        float inverse[CK_BYTE_WIDTH] = {0};
        for (size_t row = 0; row < count; row++)
            for (size_t i = 0; i < columns; i++)
                inverse[i] = __builtin_elementwise_max(inverse[i], fabsf(from[row * stride + i]));
        for (size_t i = 0; i < CK_BYTE_WIDTH; i++) {
            steps[column + i] = inverse[i] / 511.0f;
            inverse[i] = steps[column + i] >= 0x1p-126f ? 1.0f / steps[column + i] : 0.0f;
        }
        int32_t *panel = (int32_t *)(values + 2 * column * pairs);
        for (size_t pair = 0; pair < pairs; pair++) {
            const float *first = from + 2 * pair * stride, *second = 2 * pair + 1 < count ? first + stride : NULL;
            for (size_t i = 0; i < CK_BYTE_WIDTH; i++) {
                float low = i < columns ? first[i] * inverse[i] : 0.0f;
                float high = second && i < columns ? second[i] * inverse[i] : 0.0f;
                float shifted_low = low + 12582912.0f, shifted_high = high + 12582912.0f;
                uint32_t low_bits, high_bits;
                memcpy(&low_bits, &shifted_low, 4);
                memcpy(&high_bits, &shifted_high, 4);
                panel[pair * CK_BYTE_WIDTH + i] = (int32_t)((low_bits & 0xffff) | high_bits << 16);
            }
        }
    }
}

// 8191 * 2^x for x <= 0, relative error < 8e-5; far below 0 it is about 0.
static inline __attribute__((always_inline)) CK_NAME(reals) CK_NAME(byte_power)(CK_NAME(reals) x) {
    CK_NAME(reals) least = -100.0f;
    x = __builtin_elementwise_max(x, least);
    CK_NAME(reals) shifted = x + 12582912.0f;
    CK_NAME(reals) f = x - (shifted - 12582912.0f);
    CK_NAME(reals) p = 0.0551714419f * 8191.0f;
    p = p * f + 0.242610824f * 8191.0f;
    p = p * f + 0.693260992f * 8191.0f;
    p = p * f + 0.999928092f * 8191.0f;
    CK_NAME(sums) bits = __builtin_bit_cast(CK_NAME(sums), p) + (__builtin_bit_cast(CK_NAME(sums), shifted) << 23);
    return __builtin_bit_cast(CK_NAME(reals), bits);
}

// Largest score of each query, in the lanes of one vector.
static inline __attribute__((always_inline)) void CK_NAME(byte_highest)(
    const int rows, const float *scores, size_t stride, CK_NAME(reals) * high) {
    const size_t vectors = stride / CK_WIDE;
    const CK_NAME(reals) *blocks = (const CK_NAME(reals) *)scores;
    for (int r = 0; r < rows; r++) high[r] = blocks[r * vectors];
    for (size_t i = 1; i < vectors; i++)
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            CK_NAME(reals) values = blocks[r * vectors + i];
            high[r] = values > high[r] ? values : high[r];
        }
}

// Scores become weights in 13 bits, at the same place; returns each query's sum of them.
static inline __attribute__((always_inline)) void CK_NAME(byte_lighten)(
    const int rows, float *scores, size_t stride, const float *maxima, float *totals) {
    const size_t vectors = stride / CK_WIDE;
    const CK_NAME(reals) *blocks = (const CK_NAME(reals) *)scores;
    // The 16-bit weights never overtake the scores that they replace.
    CK_NAME(shorts) *weights = (CK_NAME(shorts) *)scores;
    CK_NAME(sums) total[2];
    for (int r = 0; r < rows; r++) total[r] = 0;
    for (size_t i = 0; i < vectors; i++)
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            CK_NAME(reals) power = CK_NAME(byte_power)(blocks[r * vectors + i] - maxima[r]);
            CK_NAME(sums) weight = __builtin_convertvector(power + 0.5f, CK_NAME(sums));
            total[r] += weight;
            weights[2 * r * vectors + i] = __builtin_convertvector(weight, CK_NAME(shorts));
        }
    for (int r = 0; r < rows; r++) totals[r] = (float)__builtin_reduce_add(total[r]);
}

// Scores of up to CK_TALL queries become weights; what was summed before is brought to the new maxima.
static inline void CK_NAME(byte_soften)(
    const ck_byte_attention *job, size_t top, size_t rows, float *scores, size_t stride, size_t padded) {
    CK_NAME(reals) high[CK_TALL];
    float totals[CK_TALL], factors[CK_TALL], *maxima = job->maxima + top, *sums = job->sums + top;
    for (size_t r = 0; r < rows; r++)
        for (size_t i = job->count; i < stride; i++) scores[r * stride + i] = -INFINITY;
    // Several queries at a time, because one's chain of dependent operations would leave the processor idle.
    size_t row = 0;
    for (; row + 4 <= rows; row += 4) CK_NAME(byte_highest)(4, scores + row * stride, stride, high + row);
    for (; row < rows; row++) CK_NAME(byte_highest)(1, scores + row * stride, stride, high + row);
    for (size_t r = 0; r < rows; r++) {
        float largest = CK_NAME(highest_lane)(high[r]);
        factors[r] = 0.0f;
        if (!job->is_first) {
            if (maxima[r] > largest) largest = maxima[r];
            factors[r] = maxima[r] == largest ? 1.0f : exp2f(maxima[r] - largest);
        }
        maxima[r] = largest;
    }
    for (row = 0; row + 2 <= rows; row += 2)
        CK_NAME(byte_lighten)(2, scores + row * stride, stride, maxima + row, totals + row);
    for (; row < rows; row++) CK_NAME(byte_lighten)(1, scores + row * stride, stride, maxima + row, totals + row);
    for (size_t r = 0; r < rows; r++) {
        sums[r] = job->is_first ? totals[r] : sums[r] * factors[r] + totals[r];
        float *weighted = job->weighted + (top + r) * padded;
        if (factors[r] != 1.0f)
            for (size_t i = 0; i < padded; i++) weighted[i] = job->is_first ? 0.0f : weighted[i] * factors[r];
    }
}

// Adds the weighted values of `rows` queries and one panel of columns.
static inline __attribute__((always_inline)) void CK_NAME(byte_weigh)(
    const int rows, const float *scores, size_t stride, size_t pairs, const int16_t *values, const float *steps,
    float *weighted, size_t padded) {
    CK_NAME(sums) left[CK_TALL], right[CK_TALL];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) left[r] = right[r] = 0;
    for (size_t pair = 0; pair < pairs; pair++) {
        CK_NAME(sums) b0 = *(const CK_NAME(sums) *)values, b1 = *(const CK_NAME(sums) *)(values + 2 * CK_WIDE);
        values += 4 * CK_WIDE;
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            int32_t weights;
            memcpy(&weights, (const int16_t *)(scores + (size_t)r * stride) + 2 * pair, 4);
            left[r] = CK_NAME(dot_pairs)(left[r], weights, b0);
            right[r] = CK_NAME(dot_pairs)(right[r], weights, b1);
        }
    }
    const CK_NAME(reals) *step = (const CK_NAME(reals) *)steps;
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
        CK_NAME(reals) *to = (CK_NAME(reals) *)(weighted + (size_t)r * padded);
        to[0] += __builtin_convertvector(left[r], CK_NAME(reals)) * step[0];
        to[1] += __builtin_convertvector(right[r], CK_NAME(reals)) * step[1];
    }
}

static void CK_NAME(byte_any_weigh)(
    size_t rows, const float *scores, size_t stride, size_t pairs, const int16_t *values, const float *steps,
    float *weighted, size_t padded) {
#define CK_BYTE_CASE(n)                                                                         \
    case n:                                                                                     \
        CK_NAME(byte_weigh)(n, scores, stride, pairs, values, steps, weighted, padded);         \
        break;
    switch (rows) {
        CK_BYTE_CASE(1)
        CK_BYTE_CASE(2)
        CK_BYTE_CASE(3)
        CK_BYTE_CASE(4)
#if CK_TALL > 4
        CK_BYTE_CASE(5)
        CK_BYTE_CASE(6)
#endif
#if CK_TALL > 6
        CK_BYTE_CASE(7)
        CK_BYTE_CASE(8)
#endif
#if CK_TALL > 8
        CK_BYTE_CASE(9)
        CK_BYTE_CASE(10)
        CK_BYTE_CASE(11)
        CK_BYTE_CASE(12)
#endif
    }
#undef CK_BYTE_CASE
}

void CK_NAME(ck_byte_attend)(const ck_byte_attention *job) {
    const size_t stride = (job->count + CK_BYTE_WIDTH - 1) / CK_BYTE_WIDTH * CK_BYTE_WIDTH;
    const size_t padded = (job->width + CK_BYTE_WIDTH - 1) / CK_BYTE_WIDTH * CK_BYTE_WIDTH;
    const size_t groups = (job->width + CK_GROUP - 1) / CK_GROUP, step = 4 * groups, pairs = (job->count + 1) / 2;
    const size_t tiles = (job->rows + CK_TALL - 1) / CK_TALL;
    float *scores = job->scores;
    for (size_t tile = 0; tile < tiles; tile++) {
        const size_t top = job->rows * tile / tiles, rows = job->rows * (tile + 1) / tiles - top;
        for (size_t key = 0; key < stride; key += CK_BYTE_WIDTH)
            CK_NAME(byte_any_plain)(
                rows, (const char *)job->queries + top * step, step, groups, job->keys + key * groups * CK_GROUP,
                job->descriptions + top, job->key_channels + CK_CHANNELS * key, scores + key, stride, 0);
        CK_NAME(byte_soften)(job, top, rows, scores, stride, padded);
        for (size_t column = 0; column < padded; column += CK_BYTE_WIDTH)
            CK_NAME(byte_any_weigh)(
                rows, scores, stride, pairs, job->values + 2 * column * pairs, job->value_steps + column,
                job->weighted + top * padded + column, padded);
        if (!job->is_last) continue;
        for (size_t query = top; query < top + rows; query++) {
            const float scale = 1.0f / job->sums[query];
            for (size_t i = 0; i < job->width; i++)
                job->output[query * job->output_step + i] = job->weighted[query * padded + i] * scale;
        }
    }
}
