// Products with packed weights, compiled once per instruction set. CK_NAME appends the set's name, CK_WIDE is the number
// of floats in its vectors, CK_TALL the number of rows whose sums fit its registers, CK_DEEP the depth of a panel that
// stays in the first-level cache. CK_BY_ELEMENT is defined where instructions multiply by an element of a vector.

#define CK_PANEL (2 * CK_WIDE)
#define CK_PIECES 32
#define CK_SMALL (40 * 1024)

typedef float CK_NAME(vector) __attribute__((ext_vector_type(CK_WIDE)));
typedef float CK_NAME(loose) __attribute__((ext_vector_type(CK_WIDE), aligned(4)));

typedef int CK_NAME(whole) __attribute__((ext_vector_type(CK_WIDE)));

// x * Phi(x) with the error function as an odd rational function on [-4, 4] (absolute error < 2e-7), exactly -1 or 1
// beyond, so that large negative x give 0.
static inline __attribute__((always_inline)) CK_NAME(vector) CK_NAME(gelu)(CK_NAME(vector) x) {
    CK_NAME(vector) limit = 4.0f, one = 1.0f, argument = x * 0.70710678118654752f;
    CK_NAME(vector) z = __builtin_elementwise_max(__builtin_elementwise_min(argument, limit), -limit);
    CK_NAME(vector) s = z * z;
    CK_NAME(vector) p = -2.72614225801306e-10f;
    p = p * s + 2.77068142495902e-08f;
    p = p * s - 2.10102402082508e-06f;
    p = p * s - 5.69250639462346e-05f;
    p = p * s - 7.34990630326855e-04f;
    p = p * s - 2.95459980854025e-03f;
    p = p * s - 1.60960333262415e-02f;
    CK_NAME(vector) q = -1.45660718464996e-05f;
    q = q * s - 2.13374055278905e-04f;
    q = q * s - 1.68282697438203e-03f;
    q = q * s - 7.37332916720468e-03f;
    q = q * s - 1.42647390514189e-02f;
    CK_NAME(vector) half = 0.5f * x, error = z * p / q;
    error = argument <= -limit ? -one : (argument >= limit ? one : error);
    return half + half * error;
}

// A piece of every row: `length` values at `offset`.
typedef struct {
    size_t offset, length;
} CK_NAME(piece);

// What follows the sums of a tile while they are in registers.
typedef struct {
    // One panel of values, or NULL.
    const float *bias;
    // Laid out like the tile, or NULL.
    const float *residual;
    int add, activation;
} CK_NAME(finish);

static inline __attribute__((always_inline)) CK_NAME(vector) CK_NAME(finished)(
    CK_NAME(vector) sum, CK_NAME(vector) bias, const CK_NAME(loose) * before, const CK_NAME(loose) * residual,
    int activation) {
    CK_NAME(vector) zero = 0.0f;
    sum += bias;
    if (before) sum += *before;
    if (residual) sum += *residual;
    if (activation == CK_RELU) sum = __builtin_elementwise_max(sum, zero);
    if (activation == CK_GELU) sum = CK_NAME(gelu)(sum);
    return sum;
}

// activation(sums + bias + residual [+ c]) of `rows` rows and one panel over the given pieces, into c.
static inline __attribute__((always_inline)) void CK_NAME(tile)(
    const int rows, const float *a, size_t step, const CK_NAME(piece) * pieces, size_t count, const float *b, float *c,
    size_t stride, const CK_NAME(finish) * finish) {
    CK_NAME(vector) left[CK_TALL], right[CK_TALL];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) left[r] = right[r] = 0.0f;
    for (size_t piece = 0; piece < count; piece++) {
        const float *values = a + pieces[piece].offset;
        size_t length = pieces[piece].length;
#ifdef CK_BY_ELEMENT
        for (; length >= CK_WIDE; length -= CK_WIDE, values += CK_WIDE) {
            CK_NAME(vector) factors[CK_TALL];
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++) factors[r] = *(const CK_NAME(loose) *)(values + (size_t)r * step);
#pragma clang loop unroll(full)
            for (int i = 0; i < CK_WIDE; i++, b += CK_PANEL) {
                CK_NAME(vector) b0 = *(const CK_NAME(vector) *)b, b1 = *(const CK_NAME(vector) *)(b + CK_WIDE);
#pragma clang loop unroll(full)
                for (int r = 0; r < rows; r++) {
                    left[r] += factors[r][i] * b0;
                    right[r] += factors[r][i] * b1;
                }
            }
        }
#endif
        for (size_t k = 0; k < length; k++) {
            CK_NAME(vector) b0 = *(const CK_NAME(vector) *)b, b1 = *(const CK_NAME(vector) *)(b + CK_WIDE);
            b += CK_PANEL;
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++) {
                CK_NAME(vector) factor = values[(size_t)r * step + k];
                left[r] += factor * b0;
                right[r] += factor * b1;
            }
        }
    }
    CK_NAME(vector) bias0 = 0.0f, bias1 = 0.0f;
    if (finish->bias) {
        bias0 = *(const CK_NAME(loose) *)finish->bias;
        bias1 = *(const CK_NAME(loose) *)(finish->bias + CK_WIDE);
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
        CK_NAME(loose) *line = (CK_NAME(loose) *)(c + (size_t)r * stride);
        const CK_NAME(loose) *before = finish->add ? line : NULL;
        const CK_NAME(loose) *other =
            finish->residual ? (const CK_NAME(loose) *)(finish->residual + (size_t)r * stride) : NULL;
        line[0] = CK_NAME(finished)(left[r], bias0, before, other, finish->activation);
        line[1] = CK_NAME(finished)(
            right[r], bias1, before ? before + 1 : NULL, other ? other + 1 : NULL, finish->activation);
    }
}

static void CK_NAME(any_tile)(
    size_t rows, const float *a, size_t step, const CK_NAME(piece) * pieces, size_t count, const float *b, float *c,
    size_t stride, const CK_NAME(finish) * finish) {
#define CK_CASE(n)                                                          \
    case n:                                                                 \
        CK_NAME(tile)(n, a, step, pieces, count, b, c, stride, finish);     \
        break;
    switch (rows) {
        CK_CASE(1)
        CK_CASE(2)
        CK_CASE(3)
        CK_CASE(4)
#if CK_TALL > 4
        CK_CASE(5)
        CK_CASE(6)
#endif
#if CK_TALL > 6
        CK_CASE(7)
        CK_CASE(8)
#endif
#if CK_TALL > 8
        CK_CASE(9)
        CK_CASE(10)
        CK_CASE(11)
        CK_CASE(12)
#endif
    }
#undef CK_CASE
}

// A tile of the last panel, some of whose columns do not exist.
static void CK_NAME(narrow_tile)(
    size_t rows, const float *a, size_t step, const CK_NAME(piece) * pieces, size_t count, const float *b, float *c,
    size_t stride, const CK_NAME(finish) * finish, size_t columns) {
    float wide[CK_TALL * CK_PANEL], other[CK_TALL * CK_PANEL], bias[CK_PANEL] = {0};
    memset(wide, 0, rows * CK_PANEL * sizeof(float));
    memset(other, 0, rows * CK_PANEL * sizeof(float));
    for (size_t r = 0; r < rows; r++) {
        if (finish->add) memcpy(wide + r * CK_PANEL, c + r * stride, columns * sizeof(float));
        if (finish->residual) memcpy(other + r * CK_PANEL, finish->residual + r * stride, columns * sizeof(float));
    }
    if (finish->bias) memcpy(bias, finish->bias, columns * sizeof(float));
    const CK_NAME(finish) copy = {bias, finish->residual ? other : NULL, finish->add, finish->activation};
    CK_NAME(any_tile)(rows, a, step, pieces, count, b, wide, CK_PANEL, &copy);
    for (size_t r = 0; r < rows; r++) memcpy(c + r * stride, wide + r * CK_PANEL, columns * sizeof(float));
}

// Which pieces of the depth are summed at a time.
typedef struct {
    CK_NAME(piece) pieces[CK_PIECES];
    size_t count, deep;
    // Depth that is done, and whether something is.
    size_t done;
    int is_last;
} CK_NAME(part);

// Rows `top ..< top + rows` of a line against one panel.
static inline __attribute__((always_inline)) void CK_NAME(cell)(
    const ck_product *product, const CK_NAME(part) * part, size_t line, size_t top, size_t rows, size_t panel) {
    const size_t depth = product->runs * product->run_length, column = panel * CK_PANEL;
    const float *weights = product->weights + (panel * depth + part->done) * CK_PANEL;
    const float *a = product->input + line * product->line_step + top * product->step;
    const size_t place = (line * product->per_line + top) * product->output_stride + column;
    const CK_NAME(finish) finish = {
        part->is_last && product->bias ? product->bias + column : NULL,
        part->is_last && product->residual ? product->residual + place : NULL,
        part->done > 0 || product->accumulate, part->is_last ? product->activation : CK_NONE};
    const size_t columns = product->columns - column;
    // What is added to the sums arrives while they are formed.
    const float *added = finish.residual ? finish.residual : (finish.add ? product->output + place : NULL);
    if (added)
        for (size_t r = 0; r < rows; r++) {
            __builtin_prefetch(added + r * product->output_stride, 0, 3);
            __builtin_prefetch(added + r * product->output_stride + CK_WIDE, 0, 3);
        }
    if (columns >= CK_PANEL)
        CK_NAME(any_tile)(
            rows, a, product->step, part->pieces, part->count, weights, product->output + place,
            product->output_stride, &finish);
    else
        CK_NAME(narrow_tile)(
            rows, a, product->step, part->pieces, part->count, weights, product->output + place,
            product->output_stride, &finish, columns);
}

// Tiles of nearly equal height keep the registers better filled than full ones and a small rest.
#define CK_TOP(tile) (product->per_line * (tile) / tiles)

// Weights that stay in the second-level cache: all panels for a tile, then the next tile, so that whole rows are written.
static void CK_NAME(sweep_rows)(
    const ck_product *product, const CK_NAME(part) * part, size_t first_line, size_t lines, size_t first_panel,
    size_t panels) {
    const size_t tiles = (product->per_line + CK_TALL - 1) / CK_TALL;
    for (size_t line = first_line; line < first_line + lines; line++)
        for (size_t tile = 0; tile < tiles; tile++)
            for (size_t panel = first_panel; panel < first_panel + panels; panel++)
                CK_NAME(cell)(product, part, line, CK_TOP(tile), CK_TOP(tile + 1) - CK_TOP(tile), panel);
}

// Weights that pass by once: a panel against all rows, then the next panel, which is fetched meanwhile.
static void CK_NAME(sweep_panels)(
    const ck_product *product, const CK_NAME(part) * part, size_t first_line, size_t lines, size_t first_panel,
    size_t panels) {
    const size_t tiles = (product->per_line + CK_TALL - 1) / CK_TALL;
    const size_t depth = product->runs * product->run_length, step = depth * CK_PANEL;
    const float *begin = product->weights + (first_panel * depth + part->done) * CK_PANEL;
    for (size_t index = 0; index < panels; index++) {
        const float *ahead = index + 1 < panels ? begin + (index + 1) * step : begin + part->deep * CK_PANEL;
        const float *end = ahead + part->deep * CK_PANEL;
        const size_t share = (part->deep * CK_PANEL / (lines * tiles) + 16) / 16 * 16;
        for (size_t line = first_line; line < first_line + lines; line++)
            for (size_t tile = 0; tile < tiles; tile++) {
                const size_t top = CK_TOP(tile), rows = CK_TOP(tile + 1) - top;
                const float *stop = end - ahead > (ptrdiff_t)share ? ahead + share : end;
                for (; ahead < stop; ahead += 16) __builtin_prefetch(ahead, 0, 3);
                CK_NAME(cell)(product, part, line, top, rows, first_panel + index);
            }
    }
}

void CK_NAME(ck_multiply)(
    const ck_product *product, size_t first_line, size_t lines, size_t first_panel, size_t panels) {
    const size_t depth = product->runs * product->run_length;
    // Parts of nearly equal depth whose panels stay in the first-level cache.
    const size_t parts = (depth + CK_DEEP - 1) / CK_DEEP, deepest = parts ? (depth + parts - 1) / parts : 0;
    const int is_small = parts <= 1 && depth * panels * CK_PANEL <= CK_SMALL;
    size_t run = 0, inside = 0;
    CK_NAME(part) part = {.done = 0};
    do {
        part.count = part.deep = 0;
        while (run < product->runs && part.count < CK_PIECES && part.deep < deepest) {
            size_t left = product->run_length - inside;
            size_t length = left < deepest - part.deep ? left : deepest - part.deep;
            part.pieces[part.count].offset = run * product->run_step + inside;
            part.pieces[part.count++].length = length;
            part.deep += length;
            inside += length;
            if (inside == product->run_length) {
                inside = 0;
                run++;
            }
        }
        part.is_last = part.done + part.deep == depth;
        if (is_small)
            CK_NAME(sweep_rows)(product, &part, first_line, lines, first_panel, panels);
        else
            CK_NAME(sweep_panels)(product, &part, first_line, lines, first_panel, panels);
        part.done += part.deep;
    } while (part.done < depth);
}

#undef CK_TOP
