#include "ck_winograd.h"

#include "variants.h"

size_t ck_vector_width(void) { return ck_panel_width() / 2; }

void ck_winograd_weights(
    const float *weights, const float *scale, size_t outputs, size_t inputs, float *transformed) {
    static const double matrix[6][3] = {
        {1.0 / 4, 0, 0},
        {-1.0 / 6, -1.0 / 6, -1.0 / 6},
        {-1.0 / 6, 1.0 / 6, -1.0 / 6},
        {1.0 / 24, 1.0 / 12, 1.0 / 6},
        {1.0 / 24, -1.0 / 12, 1.0 / 6},
        {0, 0, 1},
    };
    for (size_t o = 0; o < outputs; o++)
        for (size_t i = 0; i < inputs; i++) {
            const float *kernel = weights + (o * inputs + i) * 9;
            double rows[6][3];
            for (int y = 0; y < 6; y++)
                for (int x = 0; x < 3; x++)
                    rows[y][x] = matrix[y][0] * kernel[x] + matrix[y][1] * kernel[3 + x] + matrix[y][2] * kernel[6 + x];
            for (int y = 0; y < 6; y++)
                for (int x = 0; x < 6; x++) {
                    double sum = rows[y][0] * matrix[x][0] + rows[y][1] * matrix[x][1] + rows[y][2] * matrix[x][2];
                    transformed[((size_t)(6 * y + x) * inputs + i) * outputs + o] =
                        (float)(scale ? sum * scale[o] : sum);
                }
        }
}

void ck_winograd_input(
    const float *framed, size_t framed_width, size_t channels, size_t tiles_per_row, size_t first, size_t count,
    float *spectra) {
    CK_DISPATCH(ck_winograd_input, framed, framed_width, channels, tiles_per_row, first, count, spectra);
}

void ck_winograd_output(
    const float *spectra, const float *bias, const float *residual, int activation, size_t height, size_t width,
    size_t channels, size_t tiles_per_row, size_t first, size_t count, float *output) {
    CK_DISPATCH(
        ck_winograd_output, spectra, bias, residual, activation, height, width, channels, tiles_per_row, first, count,
        output);
}
