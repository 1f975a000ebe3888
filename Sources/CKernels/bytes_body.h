// Products in bytes, compiled once per instruction set. CK_NAME appends the set's name, CK_WIDE is the number of 32-bit
// sums in its vectors, CK_TALL the number of rows whose sums fit its registers. The including file defines
//   CK_ELEMENT           type of a quantised activation; four bytes of them form a group,
//   CK_NAME(group)       the weights of one group and one vector of columns,
//   CK_NAME(load)        reads them,
//   CK_NAME(dot)         adds the products of a group of activations, given as 32 bits, and such weights to sums,
//   CK_NAME(sums)        a vector of sums,
// and, where these differ from the usual,
//   CK_OFFSET            what is subtracted from activations to make them fit their type; sums then begin with what is
//                        missing from them,
//   CK_BY_ELEMENT        that instructions multiply by an element of a vector.

// Where a set with fused multiplications would round differently from one without, they are not fused: but for GELU, all
// sets give the same bits.

#define CK_GROUP (4 / sizeof(CK_ELEMENT))

#ifndef CK_OFFSET
#define CK_OFFSET 0
#endif

// Numbers per column beside its weights.
#define CK_CHANNELS (CK_OFFSET ? 4 : 3)

typedef float CK_NAME(reals) __attribute__((ext_vector_type(CK_WIDE)));
typedef float CK_NAME(loose_reals) __attribute__((ext_vector_type(CK_WIDE), aligned(4)));

typedef CK_ELEMENT CK_NAME(elements) __attribute__((ext_vector_type(CK_WIDE), aligned(1)));

// Vectors that a row is read in at a time, so that no operation waits for the one before; 32 lanes in every set.
#define CK_SPAN (32 / CK_WIDE)

// By halves; the compiler's own reduction would look for numbers that are none at every step.
#define CK_BYTE_HALVES(name, is_better)                                                        \
    static inline __attribute__((always_inline)) float CK_NAME(name)(CK_NAME(reals) lanes) {   \
        for (int distance = CK_WIDE / 2; distance > 0; distance /= 2) {                        \
            CK_NAME(reals) other = lanes;                                                      \
            for (int l = 0; l < distance; l++) other[l] = lanes[l + distance];                 \
            lanes = other is_better lanes ? other : lanes;                                     \
        }                                                                                      \
        return lanes[0];                                                                       \
    }

CK_BYTE_HALVES(lowest_lane, <)
CK_BYTE_HALVES(highest_lane, >)

// Extremes of a row.
typedef struct {
    float low, high;
} CK_NAME(range);

static inline __attribute__((always_inline)) CK_NAME(range) CK_NAME(range_of)(const float *x, size_t columns) {
    CK_NAME(reals) least[CK_SPAN], most[CK_SPAN];
    for (int s = 0; s < CK_SPAN; s++) least[s] = most[s] = x[0];
    size_t i = 0;
    for (; i + 32 <= columns; i += 32)
#pragma clang loop unroll(full)
        for (int s = 0; s < CK_SPAN; s++) {
            CK_NAME(reals) values = *(const CK_NAME(loose_reals) *)(x + i + s * CK_WIDE);
            least[s] = values < least[s] ? values : least[s];
            most[s] = values > most[s] ? values : most[s];
        }
    for (int s = 1; s < CK_SPAN; s++) {
        least[0] = least[s] < least[0] ? least[s] : least[0];
        most[0] = most[s] > most[0] ? most[s] : most[0];
    }
    CK_NAME(range) range = {CK_NAME(lowest_lane)(least[0]), CK_NAME(highest_lane)(most[0])};
    for (; i < columns; i++) {
        range.low = x[i] < range.low ? x[i] : range.low;
        range.high = x[i] > range.high ? x[i] : range.high;
    }
    return range;
}

static inline __attribute__((always_inline)) void CK_NAME(quantise_row)(
    const float *x, size_t columns, CK_NAME(range) range, CK_ELEMENT *q, ck_byte_row *description) {
#pragma clang fp contract(off)
    // The quotients cannot overflow, as the difference could.
    float step = range.high / 255.0f - range.low / 255.0f;
    // A span whose inverse is no number is none; the row then is its lowest value.
    if (!(step >= 0x1p-126f)) step = 0.0f;
    const float inverse = step > 0.0f ? 1.0f / step : 0.0f, low = range.low;
    *description = (ck_byte_row){step, low};
    size_t i = 0;
    for (; i + CK_WIDE <= columns; i += CK_WIDE) {
        CK_NAME(reals) level = (*(const CK_NAME(loose_reals) *)(x + i) - low) * inverse;
        // Adding 1.5 * 2^23 rounds to the nearest integer, kept in the low mantissa bits.
        level = (level < 255.0f ? level : 255.0f) + 12582912.0f;
        *(CK_NAME(elements) *)(q + i) =
            __builtin_convertvector((__builtin_bit_cast(CK_NAME(sums), level) & 0xff) - CK_OFFSET, CK_NAME(elements));
    }
    for (; i < columns; i++) {
        float level = (x[i] - low) * inverse;
        level = (level < 255.0f ? level : 255.0f) + 12582912.0f;
        uint32_t bits;
        memcpy(&bits, &level, 4);
        q[i] = (CK_ELEMENT)((int32_t)(bits & 0xff) - CK_OFFSET);
    }
    for (; i % CK_GROUP; i++) q[i] = 0;
}

void CK_NAME(ck_byte_quantise)(
    const float *source, size_t stride, size_t rows, size_t columns, void *bytes, ck_byte_row *descriptions) {
    const size_t length = (columns + CK_GROUP - 1) / CK_GROUP * CK_GROUP;
    for (size_t row = 0; row < rows; row++) {
        const float *x = source + row * stride;
        CK_NAME(quantise_row)(
            x, columns, CK_NAME(range_of)(x, columns), (CK_ELEMENT *)bytes + row * length, descriptions + row);
    }
}

// A row less `shift`, its squares when asked, summed in the same order in every set.
static inline __attribute__((always_inline)) float CK_NAME(row_sum)(
    const float *x, size_t columns, float shift, const int squares) {
#pragma clang fp contract(off)
    CK_NAME(reals) sums[CK_SPAN];
    for (int s = 0; s < CK_SPAN; s++) sums[s] = 0.0f;
    size_t i = 0;
    for (; i + 32 <= columns; i += 32)
#pragma clang loop unroll(full)
        for (int s = 0; s < CK_SPAN; s++) {
            CK_NAME(reals) values = *(const CK_NAME(loose_reals) *)(x + i + s * CK_WIDE) - shift;
            sums[s] += squares ? values * values : values;
        }
    float lanes[32];
    memcpy(lanes, sums, sizeof lanes);
    for (size_t l = 0; i < columns; i++, l++) lanes[l] += squares ? (x[i] - shift) * (x[i] - shift) : x[i] - shift;
#pragma clang loop unroll(full)
    for (size_t half = 16; half > 0; half /= 2)
        for (size_t l = 0; l < half; l++) lanes[l] += lanes[l + half];
    return lanes[0];
}

void CK_NAME(ck_byte_normalise)(
    const float *source, const float *weight, const float *bias, float epsilon, size_t rows, size_t columns,
    float *normal, void *bytes, ck_byte_row *descriptions) {
#pragma clang fp contract(off)
    const size_t length = (columns + CK_GROUP - 1) / CK_GROUP * CK_GROUP;
    // Some rows at a time go from step to step: a row's next step waits for the last one's result, other rows do not.
    for (size_t top = 0; top < rows; top += 8) {
        const size_t some = rows - top < 8 ? rows - top : 8;
        const float *x = source + top * columns;
        float means[8], scales[8];
        for (size_t r = 0; r < some; r++)
            means[r] = CK_NAME(row_sum)(x + r * columns, columns, 0.0f, 0) / (float)columns;
        for (size_t r = 0; r < some; r++)
            scales[r] =
                1.0f / sqrtf(CK_NAME(row_sum)(x + r * columns, columns, means[r], 1) / (float)columns + epsilon);
        for (size_t r = 0; r < some; r++) {
            const float *from = x + r * columns, mean = means[r], scale = scales[r];
            for (size_t i = 0; i < columns; i++) normal[i] = (from[i] - mean) * scale * weight[i] + bias[i];
            CK_NAME(quantise_row)(
                normal, columns, CK_NAME(range_of)(normal, columns), (CK_ELEMENT *)bytes + (top + r) * length,
                descriptions + top + r);
        }
    }
}

// What a panel's columns need after the sums.
typedef struct {
    CK_NAME(reals) step, sum, bias;
} CK_NAME(channel);

static inline __attribute__((always_inline)) CK_NAME(channel) CK_NAME(channel_at)(const float *channels) {
    const CK_NAME(reals) *at = (const CK_NAME(reals) *)channels;
    return (CK_NAME(channel)){at[0], at[2], at[4]};
}

// x * Phi(x) with Phi - 1/2 as an odd polynomial fitted to |x| <= 4 and constant beyond: the error is at most 1.3e-4 up to
// there and 4.2e-5 |x| beyond, a hundredth of the step in which a row of such values is then quantised.
static inline __attribute__((always_inline)) CK_NAME(reals) CK_NAME(byte_gelu)(CK_NAME(reals) x) {
    CK_NAME(reals) z = x < 4.0f ? x : 4.0f;
    z = z > -4.0f ? z : -4.0f;
    CK_NAME(reals) t = z * z, p = -1.301295730e-9f;
    p = p * t + 1.041961317e-7f;
    p = p * t - 3.657135297e-6f;
    p = p * t + 7.485508132e-5f;
    p = p * t - 1.006490682e-3f;
    p = p * t + 9.505399502e-3f;
    p = p * t - 6.588784540e-2f;
    p = p * t + 3.986733957e-1f;
    return x * (p * z + 0.5f);
}

static inline __attribute__((always_inline)) CK_NAME(reals) CK_NAME(activated)(CK_NAME(reals) x, const int activation) {
    if (activation == CK_RELU) return x > 0.0f ? x : 0.0f;
    return activation == CK_GELU ? CK_NAME(byte_gelu)(x) : x;
}

static inline __attribute__((always_inline)) void CK_NAME(byte_finish)(
    CK_NAME(sums) sums, ck_byte_row row, CK_NAME(channel) channel, float *c, const int activation, int add) {
#pragma clang fp contract(off)
    CK_NAME(reals) value = __builtin_convertvector(sums, CK_NAME(reals));
    value = value * (row.step * channel.step) + (row.low * channel.sum + channel.bias);
    CK_NAME(loose_reals) *place = (CK_NAME(loose_reals) *)c;
    if (add) value += *place;
    *place = CK_NAME(activated)(value, activation);
}

// `rows` rows and one panel.
static inline __attribute__((always_inline)) void CK_NAME(byte_tile)(
    const int rows, const char *a, size_t step, size_t groups, const int8_t *b, const ck_byte_row *descriptions,
    const float *channels, float *c, size_t stride, const int activation, int add) {
    CK_NAME(sums) left[CK_TALL], right[CK_TALL], start[2] = {0, 0};
    if (CK_OFFSET) memcpy(start, channels + 6 * CK_WIDE, sizeof start);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
        left[r] = start[0];
        right[r] = start[1];
    }
#ifdef CK_BY_ELEMENT
    for (; groups >= CK_WIDE; groups -= CK_WIDE, a += 4 * CK_WIDE) {
        CK_NAME(sums) values[CK_TALL];
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) memcpy(values + r, a + (size_t)r * step, sizeof values[r]);
#pragma clang loop unroll(full)
        for (int i = 0; i < CK_WIDE; i++) {
            CK_NAME(group) b0 = CK_NAME(load)(b), b1 = CK_NAME(load)(b + CK_WIDE * CK_GROUP);
            b += 2 * CK_WIDE * CK_GROUP;
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++) {
                left[r] = CK_NAME(dot)(left[r], values[r][i], b0);
                right[r] = CK_NAME(dot)(right[r], values[r][i], b1);
            }
        }
    }
#endif
    for (size_t group = 0; group < groups; group++) {
        CK_NAME(group) b0 = CK_NAME(load)(b), b1 = CK_NAME(load)(b + CK_WIDE * CK_GROUP);
        b += 2 * CK_WIDE * CK_GROUP;
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            int32_t values;
            memcpy(&values, a + (size_t)r * step + 4 * group, 4);
            left[r] = CK_NAME(dot)(left[r], values, b0);
            right[r] = CK_NAME(dot)(right[r], values, b1);
        }
    }
    CK_NAME(channel) first = CK_NAME(channel_at)(channels), second = CK_NAME(channel_at)(channels + CK_WIDE);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
        CK_NAME(byte_finish)(left[r], descriptions[r], first, c + (size_t)r * stride, activation, add);
        CK_NAME(byte_finish)(right[r], descriptions[r], second, c + (size_t)r * stride + CK_WIDE, activation, add);
    }
}

#define CK_BYTE_TILE(height)                                                                                           \
    case height:                                                                                                       \
        CK_NAME(byte_tile)                                                                                             \
        (height, a, step, groups, b, descriptions, channels, c, stride, activation, add);                              \
        break;

static inline __attribute__((always_inline)) void CK_NAME(byte_tile_of)(
    size_t rows, const char *a, size_t step, size_t groups, const int8_t *b, const ck_byte_row *descriptions,
    const float *channels, float *c, size_t stride, const int activation, int add) {
    switch (rows) {
        CK_BYTE_TILE(1)
        CK_BYTE_TILE(2)
        CK_BYTE_TILE(3)
        CK_BYTE_TILE(4)
#if CK_TALL > 4
        CK_BYTE_TILE(5)
        CK_BYTE_TILE(6)
#endif
#if CK_TALL > 6
        CK_BYTE_TILE(7)
        CK_BYTE_TILE(8)
#endif
#if CK_TALL > 8
        CK_BYTE_TILE(9)
        CK_BYTE_TILE(10)
        CK_BYTE_TILE(11)
        CK_BYTE_TILE(12)
#endif
    }
}

#define CK_BYTE_ANY(suffix, activation)                                                                               \
    static void CK_NAME(byte_any_##suffix)(                                                                           \
        size_t rows, const char *a, size_t step, size_t groups, const int8_t *b, const ck_byte_row *descriptions,     \
        const float *channels, float *c, size_t stride, int add) {                                                    \
        CK_NAME(byte_tile_of)(rows, a, step, groups, b, descriptions, channels, c, stride, activation, add);          \
    }

CK_BYTE_ANY(plain, CK_NONE)
CK_BYTE_ANY(relu, CK_RELU)
CK_BYTE_ANY(gelu, CK_GELU)

// One panel against all rows.
static void CK_NAME(byte_sweep)(const ck_byte_product *product, size_t panel) {
    const size_t width = 2 * CK_WIDE, column = panel * width;
    const size_t columns = product->columns - column < width ? product->columns - column : width;
    const size_t groups = (product->depth + CK_GROUP - 1) / CK_GROUP, step = 4 * groups;
    const int8_t *b = product->weights + column * groups * CK_GROUP;
    const float *channels = product->channels + CK_CHANNELS * column;
    const size_t tiles = (product->rows + CK_TALL - 1) / CK_TALL;
    // The next panel comes from far away while this one is at work; each tile fetches its share of cache lines. Deep
    // panels do not stay in the first-level cache anyway.
    const int fetches = column + width < product->columns && product->depth <= 768;
    const size_t lines = fetches ? width * groups * CK_GROUP / 64 : 0;
    const char *next = (const char *)b + width * groups * CK_GROUP;
    void (*any_tile)(
        size_t, const char *, size_t, size_t, const int8_t *, const ck_byte_row *, const float *, float *, size_t, int) =
        product->activation == CK_GELU       ? CK_NAME(byte_any_gelu)
            : product->activation == CK_RELU ? CK_NAME(byte_any_relu)
                                             : CK_NAME(byte_any_plain);
    for (size_t tile = 0; tile < tiles; tile++) {
        // Tiles of nearly equal height keep the registers better filled than full ones and a small rest.
        const size_t top = product->rows * tile / tiles, rows = product->rows * (tile + 1) / tiles - top;
        for (size_t line = lines * tile / tiles; line < lines * (tile + 1) / tiles; line++)
            __builtin_prefetch(next + 64 * line, 0, 2);
        const char *a = (const char *)product->bytes + top * step;
        const ck_byte_row *descriptions = product->descriptions + top;
        float *c = product->output + top * product->output_stride + column;
        if (columns == width) {
            any_tile(rows, a, step, groups, b, descriptions, channels, c, product->output_stride, product->accumulate);
            continue;
        }
        float narrow[CK_TALL * 2 * CK_WIDE] = {0};
        if (product->accumulate)
            for (size_t r = 0; r < rows; r++)
                memcpy(narrow + r * width, c + r * product->output_stride, columns * sizeof(float));
        any_tile(rows, a, step, groups, b, descriptions, channels, narrow, width, product->accumulate);
        for (size_t r = 0; r < rows; r++)
            memcpy(c + r * product->output_stride, narrow + r * width, columns * sizeof(float));
    }
}

void CK_NAME(ck_byte_multiply)(const ck_byte_product *product, size_t first_panel, size_t panels) {
    for (size_t panel = first_panel; panel < first_panel + panels; panel++) CK_NAME(byte_sweep)(product, panel);
}
