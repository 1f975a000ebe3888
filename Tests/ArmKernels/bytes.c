#include <math.h>
#include <stdio.h>

#include "check.h"
#include "checks.h"
#include "ck_byte_attention.h"
#include "ck_dense.h"

static const char *titled(const char *title, const char *name) {
    static char text[64];
    snprintf(text, sizeof text, "%s, %s", title, name);
    return text;
}

// Rows quantised by a set.
typedef struct {
    void *bytes;
    ck_byte_row *descriptions;
} quantised;

static quantised quantise(ck_byte_set set, const float *source, size_t stride, size_t rows, size_t columns) {
    quantised result = {
        memory(rows * ck_byte_row_size(set, columns), 4), memory(rows * sizeof(ck_byte_row), sizeof(float))};
    ck_byte_quantise(set, source, stride, rows, columns, result.bytes, result.descriptions);
    return result;
}

// Activation `i` as a number of 0...255.
static int level(ck_byte_set set, const void *row, size_t i) {
    return set == CK_BYTES_NEONDOT ? ((const int8_t *)row)[i] + 128 : ((const int16_t *)row)[i];
}

static void check_quantise(ck_byte_set set) {
    for (size_t columns = 1; columns < 150; columns += 1 + columns / 5)
        for (int kind = 0; kind <= KINDS; kind++) {
            const size_t rows = 3, stride = columns + 1;
            float *source = numbers(rows * stride, 4, kind % KINDS);
            // A row of equal values and one of denormal ones.
            if (kind == KINDS)
                for (size_t i = 0; i < columns; i++) {
                    source[i] = 0.3f;
                    source[stride + i] = (float)i * 0x1p-149f;
                }
            const quantised ours = quantise(set, source, stride, rows, columns);
            const quantised portable = quantise(CK_BYTES_GENERIC, source, stride, rows, columns);
            compare_bytes(ours.descriptions, portable.descriptions, rows * sizeof(ck_byte_row));
            for (size_t row = 0; row < rows; row++)
                for (size_t i = 0; i < columns; i++)
                    expect(
                        level(set, (char *)ours.bytes + row * ck_byte_row_size(set, columns), i) ==
                        level(
                            CK_BYTES_GENERIC,
                            (char *)portable.bytes + row * ck_byte_row_size(CK_BYTES_GENERIC, columns), i));
            release_memory();
        }
}

typedef struct {
    const float *source, *matrix, *factor, *bias, *old;
    size_t rows, depth, columns;
    int activation, accumulate;
} layer;

static float *multiply(ck_byte_set set, const layer *layer) {
    const quantised rows = quantise(set, layer->source, layer->depth, layer->rows, layer->depth);
    int8_t *weights = memory(ck_byte_weights_size(set, layer->depth, layer->columns), 64);
    float *channels = memory(ck_byte_channels_size(set, layer->columns) * sizeof(float), 64);
    const size_t stride = layer->columns + 1, width = ck_byte_panel_width(set);
    const size_t panels = (layer->columns + width - 1) / width;
    float *output = copy_of(layer->old, layer->rows * stride);
    ck_byte_pack(set, layer->matrix, layer->factor, layer->bias, layer->depth, layer->columns, weights, channels);
    const ck_byte_product job = {.bytes = rows.bytes, .descriptions = rows.descriptions, .rows = layer->rows,
        .depth = layer->depth, .columns = layer->columns, .weights = weights, .channels = channels,
        .activation = layer->activation, .accumulate = layer->accumulate, .output = output, .output_stride = stride};
    ck_byte_multiply(set, &job, 0, panels / 2);
    ck_byte_multiply(set, &job, panels / 2, panels - panels / 2);
    return output;
}

// Weights and activations at the ends of their ranges: the largest sums there are.
static void saturate(float *values, size_t count, size_t depth) {
    for (size_t i = 0; i < count; i++) values[i] = i % depth == 0 ? -1.0f : 1.0f;
}

static void check_multiply(ck_byte_set set) {
    static const size_t depths[] = {1, 2, 3, 4, 5, 15, 16, 17, 31, 130, 1537}, widths[] = {1, 7, 8, 9, 33};
    size_t turn = 0;
    for (size_t d = 0; d < sizeof depths / sizeof *depths; d++)
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
            for (size_t rows = 1; rows < 20; rows += 1 + rows / 9) {
                const size_t depth = depths[d], columns = widths[w];
                const kind kind = turn % 2;
                float *source = numbers(rows * depth, 4, kind), *matrix = numbers(columns * depth, 4, kind);
                if (turn % 5 == 4) {
                    saturate(source, rows * depth, depth);
                    saturate(matrix, columns * depth, depth);
                }
                const layer layer = {.source = source, .matrix = matrix, .rows = rows, .depth = depth,
                    .columns = columns, .factor = turn % 3 ? numbers(columns, 4, kind) : NULL,
                    .bias = turn % 4 ? numbers(columns, 4, kind) : NULL, .old = numbers(rows * (columns + 1), 4, kind),
                    .activation = (int)(turn % 3), .accumulate = turn % 7 < 3};
                compare_bytes(
                    multiply(set, &layer), multiply(CK_BYTES_GENERIC, &layer), rows * (columns + 1) * sizeof(float));
                release_memory();
                turn++;
            }
}

// The deepest product whose sums are promised to fit: 66,000 times 255 * 127 or -255 * 127.
static void check_deepest(ck_byte_set set) {
    const size_t depth = 66000;
    for (int sign = -1; sign <= 1; sign += 2) {
        float *source = numbers(depth, 4, ORDINARY), *matrix = numbers(depth, 4, ORDINARY);
        saturate(source, depth, depth);
        for (size_t i = 0; i < depth; i++) matrix[i] = (float)sign;
        const layer layer = {.source = source, .matrix = matrix, .rows = 1, .depth = depth, .columns = 1,
            .old = numbers(2, 4, ORDINARY)};
        const float *ours = multiply(set, &layer);
        compare_bytes(ours, multiply(CK_BYTES_GENERIC, &layer), 2 * sizeof(float));
        expect(fabsf(ours[0] - (float)sign * (float)(depth - 2)) < 1.0f);
        release_memory();
    }
}

void check_bytes(ck_byte_set set, const char *name) {
    begin(titled("quantised rows", name), 0);
    check_quantise(set);
    end();
    begin(titled("byte product", name), 0);
    check_multiply(set);
    check_deepest(set);
    end();
}

typedef struct {
    size_t rows, keys, width, block;
} heads;

static float *attend(ck_byte_set set, const heads *size, const float *queries, const float *keys, const float *values) {
    const size_t step = size->width + 1;
    const quantised rows = quantise(set, queries, step, size->rows, size->width);
    int8_t *packed_keys = memory(ck_byte_keys_size(set, size->block, size->width), 64);
    float *channels = memory(ck_byte_key_channels_size(set, size->block) * sizeof(float), 64);
    int16_t *packed_values = memory(ck_byte_values_size(set, size->block, size->width) * sizeof(int16_t), 64);
    float *steps = memory(ck_byte_value_steps_size(set, size->width) * sizeof(float), 64);
    float *output = numbers(size->rows * size->width, 4, ORDINARY);
    ck_byte_attention job = {.queries = rows.bytes, .descriptions = rows.descriptions, .rows = size->rows,
        .width = size->width, .keys = packed_keys, .key_channels = channels, .values = packed_values,
        .value_steps = steps, .scores = memory(ck_byte_scores_size(set, size->block), 64),
        .maxima = memory(size->rows * 4, 64), .sums = memory(size->rows * 4, 64),
        .weighted = memory(size->rows * ck_byte_weighted_size(set, size->width) * 4, 64), .output = output,
        .output_step = size->width};
    for (size_t first = 0; first < size->keys; first += size->block) {
        job.count = size->keys - first < size->block ? size->keys - first : size->block;
        job.is_first = first == 0;
        job.is_last = first + job.count == size->keys;
        ck_byte_pack_keys(
            set, keys + first * step, step, 1.44269504f / sqrtf((float)size->width), job.count, size->width,
            packed_keys, channels);
        ck_byte_pack_values(set, values + first * step, step, job.count, size->width, packed_values, steps);
        ck_byte_attend(set, &job);
    }
    return output;
}

void check_byte_attention(ck_byte_set set, const char *name) {
    static const heads sizes[] = {
        {1, 1, 1, 32}, {3, 7, 5, 32}, {13, 70, 64, 32}, {25, 33, 40, 64}, {17, 700, 64, 512}, {9, 5, 130, 4}};
    begin(titled("byte attention", name), 0);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (kind kind = ORDINARY; kind <= DENORMAL; kind++)
            for (float factor = 1; factor < 1e5f; factor *= 300) {
                const heads *size = &sizes[i];
                const size_t step = size->width + 1;
                float *queries = numbers(size->rows * step, 4, kind), *keys = numbers(size->keys * step, 4, kind);
                float *values = numbers(size->keys * step, 4, kind);
                for (size_t j = 0; j < size->rows * step; j++) queries[j] *= factor;
                compare_bytes(
                    attend(set, size, queries, keys, values), attend(CK_BYTES_GENERIC, size, queries, keys, values),
                    size->rows * size->width * sizeof(float));
                release_memory();
            }
    end();
}
