#include <math.h>
#include <stdio.h>

#include "check.h"
#include "checks.h"
#include "variants.h"

typedef struct {
    size_t rows, keys, width, block;
} heads;

// Attention of all queries to all keys, a block after the other.
static float *attend(
    const heads *size, const float *queries, const float *keys, const float *values,
    void (*kernel)(const ck_attention *)) {
    const size_t step = size->width + 1;
    float *packed_keys = memory(ck_packed_size(size->width, size->block) * 4, 64);
    float *packed_values = memory(ck_packed_size(size->block, size->width) * 4, 64);
    float *output = numbers(size->rows * size->width, 4, ORDINARY);
    ck_attention job = {.queries = queries, .rows = size->rows, .query_step = step, .width = size->width,
        .keys = packed_keys, .values = packed_values, .output = output, .output_step = size->width,
        .scores = memory(ck_attention_scores(size->block) * 4, 64),
        .maxima = memory(size->rows * 4, 4), .sums = memory(size->rows * 4, 4),
        .weighted = memory(size->rows * ck_attention_width(size->width) * 4, 64)};
    const float factor = 1.44269504f / sqrtf((float)size->width);
    for (size_t first = 0; first < size->keys; first += size->block) {
        job.count = size->keys - first < size->block ? size->keys - first : size->block;
        job.is_first = first == 0;
        job.is_last = first + job.count == size->keys;
        ck_pack_matrix(keys + first * step, step, 1, factor, size->width, job.count, packed_keys);
        ck_pack_matrix(values + first * step, step, 0, 1.0f, job.count, size->width, packed_values);
        kernel(&job);
    }
    return output;
}

void check_attention(void) {
    static const heads sizes[] = {
        {1, 1, 1, 32}, {3, 7, 5, 32}, {13, 70, 64, 32}, {25, 33, 40, 64}, {17, 700, 64, 512}, {9, 5, 130, 4}};
    begin("attention", 2e-6);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (kind kind = ORDINARY; kind <= DENORMAL; kind++)
            for (float factor = 1; factor < 1e5f; factor *= 300) {
                const size_t step = sizes[i].width + 1;
                float *queries = numbers(sizes[i].rows * step, 4, kind), *keys = numbers(sizes[i].keys * step, 4, kind);
                float *values = numbers(sizes[i].keys * step, 4, kind);
                // Scores so far apart that most weights vanish.
                for (size_t j = 0; j < sizes[i].rows * step; j++) queries[j] *= factor;
                compare(
                    attend(&sizes[i], queries, keys, values, ck_attend),
                    attend(&sizes[i], queries, keys, values, ck_attend_generic), NULL, sizes[i].rows * sizes[i].width);
                release_memory();
            }
    end();
}

static const size_t maps[][3] = {{1, 1, 4}, {2, 3, 8}, {4, 4, 12}, {5, 7, 4}, {9, 13, 20}, {12, 8, 36}};

static void check_winograd_map(const size_t *size, int side, kind kind) {
    const size_t height = size[0], width = size[1], channels = size[2], pixels = height * width * channels;
    const size_t across = (width + (size_t)side - 1) / (size_t)side, down = (height + (size_t)side - 1) / (size_t)side;
    const size_t components = (size_t)((side + 2) * (side + 2)), first = across * down > 1;
    const ck_winograd_tiles tiles = {.side = side, .height = height, .width = width, .tiles_per_row = across,
        .first = first, .count = across * down - first};
    const size_t count = components * tiles.count * channels;
    float *image = numbers(pixels, 4, kind);
    float *ours = numbers(count, 4, ORDINARY), *portable = numbers(count, 4, ORDINARY);
    ck_winograd_input(&tiles, image, channels, ours);
    ck_winograd_input_generic(&tiles, image, channels, portable);
    compare(ours, portable, NULL, count);
    for (int turn = 0; turn < 8; turn++) {
        float *spectra = numbers(count, 4, kind), *old = numbers(pixels, 4, ORDINARY);
        float *bias = turn & 1 ? numbers(channels, 4, kind) : NULL;
        float *residual = turn & 2 ? numbers(pixels, 4, kind) : NULL;
        float *left = copy_of(old, pixels), *right = copy_of(old, pixels);
        const int activation = turn & 4 ? CK_RELU : CK_NONE;
        ck_winograd_output(&tiles, spectra, bias, residual, activation, channels, left);
        ck_winograd_output_generic(&tiles, spectra, bias, residual, activation, channels, right);
        compare(left, right, NULL, pixels);
    }
    release_memory();
}

void check_winograd(void) {
    for (int side = 2; side <= 4; side += 2) {
        begin(side == 2 ? "winograd F(2x2, 3x3)" : "winograd F(4x4, 3x3)", 1e-6);
        for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
            for (kind kind = 0; kind < KINDS; kind++) check_winograd_map(maps[i], side, kind);
        end();
    }
}
