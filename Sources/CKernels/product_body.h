// Products with packed weights, compiled once per instruction set. CK_NAME appends the set's name, CK_WIDE is the number
// of floats in its vectors, CK_TALL the number of rows whose sums fit its registers, CK_DEEP the depth of a panel that
// stays in the first-level cache.

#define CK_PANEL (2 * CK_WIDE)
#define CK_PIECES 32

typedef float CK_NAME(vector) __attribute__((ext_vector_type(CK_WIDE)));
typedef float CK_NAME(loose) __attribute__((ext_vector_type(CK_WIDE), aligned(4)));

// A piece of every row: `length` values at `offset`.
typedef struct {
    size_t offset, length;
} CK_NAME(piece);

// Sums of `rows` rows and one panel over the given pieces, written or added to c.
static inline __attribute__((always_inline)) void CK_NAME(tile)(
    const int rows, const float *a, size_t step, const CK_NAME(piece) * pieces, size_t count, const float *b, float *c,
    size_t stride, int add) {
    CK_NAME(vector) left[CK_TALL], right[CK_TALL];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) left[r] = right[r] = 0.0f;
    for (size_t piece = 0; piece < count; piece++) {
        const float *values = a + pieces[piece].offset;
        size_t length = pieces[piece].length;
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
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
        CK_NAME(loose) *line = (CK_NAME(loose) *)(c + (size_t)r * stride);
        line[0] = add ? line[0] + left[r] : left[r];
        line[1] = add ? line[1] + right[r] : right[r];
    }
}

static void CK_NAME(any_tile)(
    size_t rows, const float *a, size_t step, const CK_NAME(piece) * pieces, size_t count, const float *b, float *c,
    size_t stride, int add) {
#define CK_CASE(n)                                                          \
    case n:                                                                 \
        CK_NAME(tile)(n, a, step, pieces, count, b, c, stride, add);        \
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
        CK_CASE(9)
        CK_CASE(10)
        CK_CASE(11)
        CK_CASE(12)
#endif
    }
#undef CK_CASE
}

// One panel against all rows of the lines, over the given pieces.
static void CK_NAME(sweep)(
    const ck_product *product, size_t first_line, size_t lines, const CK_NAME(piece) * pieces, size_t count,
    const float *weights, size_t column, int is_first, int is_last) {
    size_t columns = product->columns - column < CK_PANEL ? product->columns - column : CK_PANEL;
    size_t tiles = (product->per_line + CK_TALL - 1) / CK_TALL;
    int add = !is_first || product->accumulate;
    const float *bias = product->bias ? product->bias + column : NULL;
    int finishes = is_last && (bias || product->residual || product->activation != CK_NONE);
    for (size_t line = first_line; line < first_line + lines; line++)
        for (size_t tile = 0; tile < tiles; tile++) {
            // Tiles of nearly equal height keep the registers better filled than full ones and a small rest.
            size_t top = product->per_line * tile / tiles;
            size_t rows = product->per_line * (tile + 1) / tiles - top;
            const float *a = product->input + line * product->line_step + top * product->step;
            size_t place = (line * product->per_line + top) * product->output_stride + column;
            float *c = product->output + place;
            if (columns == CK_PANEL) {
                CK_NAME(any_tile)(rows, a, product->step, pieces, count, weights, c, product->output_stride, add);
            } else {
                float narrow[CK_TALL * CK_PANEL];
                if (add)
                    for (size_t r = 0; r < rows; r++)
                        for (size_t i = 0; i < CK_PANEL; i++)
                            narrow[r * CK_PANEL + i] = i < columns ? c[r * product->output_stride + i] : 0.0f;
                CK_NAME(any_tile)(rows, a, product->step, pieces, count, weights, narrow, CK_PANEL, add);
                for (size_t r = 0; r < rows; r++)
                    memcpy(c + r * product->output_stride, narrow + r * CK_PANEL, columns * sizeof(float));
            }
            if (finishes)
                CK_NAME(ck_finish_rows)(
                    c, bias, product->residual ? product->residual + place : NULL, rows, columns,
                    product->output_stride, product->activation);
        }
}

void CK_NAME(ck_multiply)(
    const ck_product *product, size_t first_line, size_t lines, size_t first_panel, size_t panels) {
    const size_t depth = product->runs * product->run_length;
    size_t run = 0, inside = 0, done = 0;
    do {
        // Pieces of the rows up to the depth that keeps a panel in the first-level cache.
        CK_NAME(piece) pieces[CK_PIECES];
        size_t count = 0, deep = 0;
        while (run < product->runs && count < CK_PIECES && deep < CK_DEEP) {
            size_t left = product->run_length - inside;
            size_t length = left < CK_DEEP - deep ? left : CK_DEEP - deep;
            pieces[count].offset = run * product->run_step + inside;
            pieces[count++].length = length;
            deep += length;
            inside += length;
            if (inside == product->run_length) {
                inside = 0;
                run++;
            }
        }
        for (size_t panel = first_panel; panel < first_panel + panels; panel++)
            CK_NAME(sweep)(
                product, first_line, lines, pieces, count, product->weights + (panel * depth + done) * CK_PANEL,
                panel * CK_PANEL, done == 0, done + deep == depth);
        done += deep;
    } while (done < depth);
}

#undef CK_PANEL
#undef CK_PIECES
