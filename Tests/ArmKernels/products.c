#include <math.h>
#include <stdio.h>

#include "check.h"
#include "checks.h"
#include "variants.h"

static void check_pack_matrix(void) {
    const size_t width = ck_panel_width();
    for (size_t depth = 1; depth < 20; depth += 3)
        for (size_t columns = 1; columns < 22; columns++)
            for (int transposed = 0; transposed < 2; transposed++) {
                const float factor = columns % 2 ? 1.0f : 0.3f;
                const size_t stride = (transposed ? depth : columns) + 1, lines = transposed ? columns : depth;
                float *matrix = numbers(lines * stride, 4, DENORMAL);
                float *packed = memory(ck_packed_size(depth, columns) * sizeof(float), 64);
                ck_pack_matrix(matrix, stride, transposed, factor, depth, columns, packed);
                for (size_t k = 0; k < depth; k++)
                    for (size_t c = 0; c < (columns + width - 1) / width * width; c++) {
                        const size_t place = transposed ? c * stride + k : k * stride + c;
                        const float value = c < columns ? factor * matrix[place] : 0.0f;
                        expect(packed[(c / width * depth + k) * width + c % width] == value);
                    }
                release_memory();
            }
}

static void check_pack_layer(void) {
    const size_t width = ck_panel_width();
    for (size_t cells = 1; cells < 10; cells += 8)
        for (size_t outputs = 1; outputs < 20; outputs += 2) {
            const size_t inputs = 5, depth = inputs * cells;
            float *weights = numbers(outputs * depth, 4, ORDINARY), *scale = numbers(outputs, 4, ORDINARY);
            float *packed = memory(ck_packed_size(depth, outputs) * sizeof(float), 64);
            ck_pack_layer(weights, scale, outputs, inputs, cells, packed);
            for (size_t o = 0; o < outputs; o++)
                for (size_t i = 0; i < inputs; i++)
                    for (size_t cell = 0; cell < cells; cell++)
                        expect(
                            packed[(o / width * depth + cell * inputs + i) * width + o % width] ==
                            weights[(o * inputs + i) * cells + cell] * scale[o]);
            release_memory();
        }
}

void check_packing(void) {
    begin("packing", 0);
    check_pack_matrix();
    check_pack_layer();
    for (size_t rows = 1; rows < 12; rows++)
        for (size_t columns = 1; columns < 12; columns++) {
            float *matrix = numbers(rows * (columns + 3), 4, EXTREME), *result = numbers(rows * columns, 4, ORDINARY);
            ck_transpose(matrix, columns + 3, rows, columns, result);
            for (size_t r = 0; r < rows; r++)
                for (size_t c = 0; c < columns; c++)
                    expect(result[c * rows + r] == matrix[r * (columns + 3) + c]);
            release_memory();
        }
    end();
}

// Of each output of a product with an unpacked matrix: the sum in double precision, and the sum of magnitudes, to which
// rounding errors are related.
static void sum_up(
    const ck_product *job, size_t lines, const float *matrix, const float *old, double *sums, double *sizes) {
    for (size_t row = 0; row < lines * job->per_line; row++)
        for (size_t column = 0; column < job->columns; column++) {
            const float *from = job->input + row / job->per_line * job->line_step + row % job->per_line * job->step;
            const size_t place = row * job->output_stride + column;
            const double others[3] = {
                job->bias ? job->bias[column] : 0, job->residual ? job->residual[place] : 0,
                job->accumulate ? old[place] : 0};
            double sum = 0, size = 0;
            for (int i = 0; i < 3; i++) {
                sum += others[i];
                size += fabs(others[i]);
            }
            for (size_t k = 0; k < job->runs * job->run_length; k++) {
                double a = from[k / job->run_length * job->run_step + k % job->run_length];
                sum += a * matrix[k * job->columns + column];
                size += fabs(a * matrix[k * job->columns + column]);
            }
            sums[place] = job->activation == CK_RELU ? fmax(sum, 0) : sum;
            sizes[place] = size;
        }
}

// The same product by both sets; panels in two calls where there are several.
static void check_product(ck_product job, size_t lines, kind kind) {
    const size_t depth = job.runs * job.run_length, panels = (job.columns + 7) / 8;
    const size_t count = (lines * job.per_line - 1) * job.output_stride + job.columns;
    float *matrix = numbers(depth * job.columns, 4, kind), *packed = memory(ck_packed_size(depth, job.columns) * 4, 64);
    float *old = numbers(count, 4, kind), *ours = copy_of(old, count), *portable = copy_of(old, count);
    ck_pack_matrix(matrix, job.columns, 0, 1.0f, depth, job.columns, packed);
    job.weights = packed;
    if (job.bias) job.bias = numbers(job.columns, 4, kind);
    if (job.residual) job.residual = numbers(count, 4, kind);
    double *sums = memory(count * sizeof(double), 8), *sizes = memory(count * sizeof(double), 8);
    sum_up(&job, lines, matrix, old, sums, sizes);
    job.output = ours;
    ck_multiply(&job, 0, lines, 0, panels / 2);
    ck_multiply(&job, 0, lines, panels / 2, panels - panels / 2);
    job.output = portable;
    ck_multiply_generic(&job, 0, lines, 0, panels);
    compare(ours, portable, sizes, count);
    // Each addition rounds once; overflows are left to the comparison above.
    if (job.activation != CK_GELU && kind != EXTREME)
        for (size_t row = 0; row < lines * job.per_line; row++)
            for (size_t i = row * job.output_stride; i < row * job.output_stride + job.columns; i++)
                expect(fabs(ours[i] - sums[i]) <= (double)(depth + 4) * (sizes[i] * 0x1p-24 + 0x1p-149));
    release_memory();
}

static void check_matrices(void) {
    static const size_t depths[] = {1, 2, 3, 4, 5, 7, 8, 63, 130, 383, 400, 1201}, widths[] = {1, 7, 8, 9, 33};
    const float wanted = 0;
    size_t turn = 0;
    for (size_t d = 0; d < sizeof depths / sizeof *depths; d++)
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
            for (size_t rows = 1; rows < 20; rows += 1 + rows / 9) {
                const kind kind = depths[d] < 384 ? turn % KINDS : turn % 2;
                const size_t step = depths[d] + turn % 3;
                ck_product job = {.per_line = rows, .step = step, .runs = 1, .run_length = depths[d],
                    .columns = widths[w], .output_stride = widths[w] + turn % 2, .activation = (int)(turn % 3),
                    .accumulate = turn % 5 == 0, .bias = turn % 4 ? &wanted : NULL,
                    .residual = turn % 7 < 2 ? &wanted : NULL};
                job.input = numbers((rows - 1) * step + depths[d], 4, kind);
                check_product(job, 1, kind);
                turn++;
            }
}

static void check_windows(void) {
    const float wanted = 0;
    size_t turn = 0;
    for (size_t channels = 1; channels < 48; channels += 2 + channels / 3)
        for (size_t width = 3; width < 24; width += 5)
            for (size_t stride = 1; stride < 3; stride++) {
                const kind kind = channels * 9 < 384 ? turn % KINDS : turn % 2;
                const size_t height = 5, framed = width + 2, across = (width - 1) / stride + 1;
                const size_t down = (height - 1) / stride + 1;
                float *image = numbers(height * width * channels, 4, kind);
                float *frame = numbers((height + 2) * framed * channels, 4, ORDINARY);
                ck_frame_image(image, height, width, channels, 1, framed, 0, height + 2, frame);
                ck_product job = {.input = frame, .per_line = across, .line_step = stride * framed * channels,
                    .step = stride * channels, .runs = 3, .run_step = framed * channels, .run_length = 3 * channels,
                    .columns = 11 + turn % 9, .output_stride = 20, .activation = (int)(turn % 3), .bias = &wanted,
                    .residual = turn % 2 ? &wanted : NULL};
                check_product(job, down, kind);
                turn++;
            }
}

void check_products(void) {
    begin("product", 1e-6);
    check_matrices();
    end();
    begin("convolution windows", 1e-6);
    check_windows();
    end();
}

void check_layer_norm(void) {
    begin("layer norm", 1e-6);
    for (size_t columns = 1; columns < 400; columns += 1 + columns / 4)
        for (kind kind = 0; kind < KINDS; kind++) {
            const size_t rows = 3;
            float *source = numbers(rows * columns, 4, kind), *weight = numbers(columns, 4, ORDINARY);
            float *bias = numbers(columns, 4, ORDINARY), *ours = numbers(rows * columns, 4, ORDINARY);
            float *portable = numbers(rows * columns, 4, ORDINARY);
            ck_layer_norm(source, ours, weight, bias, rows, columns, 1e-6f);
            ck_layer_norm_generic(source, portable, weight, bias, rows, columns, 1e-6f);
            compare(ours, portable, NULL, rows * columns);
            release_memory();
        }
    end();
}
