#include "ck_winograd.h"

#include "variants.h"

size_t ck_vector_width(void) { return ck_panel_width() / 2; }

void ck_winograd_weights(
    int side, int row, const float *weights, const float *scale, size_t outputs, size_t inputs, float *transformed) {
    static const double four[6][3] = {
        {1.0 / 4, 0, 0},
        {-1.0 / 6, -1.0 / 6, -1.0 / 6},
        {-1.0 / 6, 1.0 / 6, -1.0 / 6},
        {1.0 / 24, 1.0 / 12, 1.0 / 6},
        {1.0 / 24, -1.0 / 12, 1.0 / 6},
        {0, 0, 1},
    };
    static const double two[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
    const double(*matrix)[3] = side == 2 ? two : four;
    const double *down = matrix[row];
    for (size_t o = 0; o < outputs; o++) {
        const double factor = scale ? scale[o] : 1.0;
        for (size_t i = 0; i < inputs; i++) {
            const float *kernel = weights + (o * inputs + i) * 9;
            double line[3];
            for (int x = 0; x < 3; x++)
                line[x] = factor * (down[0] * kernel[x] + down[1] * kernel[3 + x] + down[2] * kernel[6 + x]);
            for (int x = 0; x < side + 2; x++)
                transformed[((size_t)x * outputs + o) * inputs + i] =
                    (float)(line[0] * matrix[x][0] + line[1] * matrix[x][1] + line[2] * matrix[x][2]);
        }
    }
}

void ck_winograd_input(const ck_winograd_tiles *tiles, const float *image, size_t channels, float *spectra) {
    CK_DISPATCH(ck_winograd_input, tiles, image, channels, spectra);
}

void ck_winograd_output(
    const ck_winograd_tiles *tiles, const float *spectra, const float *bias, const float *residual, int activation,
    size_t channels, float *output) {
    CK_DISPATCH(ck_winograd_output, tiles, spectra, bias, residual, activation, channels, output);
}
