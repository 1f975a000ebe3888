#include "ck_image.h"

#include <math.h>
#include <string.h>

enum { coefficient_one = 2048 };

static size_t round_up(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

size_t ck_resize_bilinear_scratch(int target_width, int channels) {
    size_t width = (size_t)target_width;
    return round_up(width * sizeof(int32_t)) + round_up(width * 2 * sizeof(int16_t)) +
           2 * round_up(width * (size_t)channels * sizeof(int16_t));
}

/// First sample (may be -1) and the two weights of one target coordinate.
static void taps(int target, double scale, int32_t *first, int16_t weights[2]) {
    float position = (float)((target + 0.5) * scale - 0.5);
    float left = floorf(position);
    position -= left;
    *first = (int32_t)left;
    weights[0] = (int16_t)lrintf((1.0f - position) * coefficient_one);
    weights[1] = (int16_t)lrintf(position * coefficient_one);
}

static int clamp(int index, int extent) { return index < 0 ? 0 : index >= extent ? extent - 1 : index; }

/// One source row, interpolated horizontally; 15 bits: sample * 2048 >> 4.
static void horizontal(const uint8_t *row, int source_width, int channels, const int32_t *columns,
                       const int16_t *weights, int target_width, int16_t *out) {
    for (int x = 0; x < target_width; x++) {
        const uint8_t *left = row + clamp(columns[x], source_width) * channels;
        const uint8_t *right = row + clamp(columns[x] + 1, source_width) * channels;
        int first = weights[2 * x], second = weights[2 * x + 1];
        for (int c = 0; c < channels; c++) out[x * channels + c] = (int16_t)((left[c] * first + right[c] * second) >> 4);
    }
}

void ck_resize_bilinear(const uint8_t *source, int source_width, int source_height, int channels, uint8_t *target,
                        int target_width, int target_height, void *scratch) {
    size_t width = (size_t)target_width, samples = width * (size_t)channels;
    unsigned char *memory = scratch;
    int32_t *columns = (int32_t *)memory;
    memory += round_up(width * sizeof(int32_t));
    int16_t *weights = (int16_t *)memory;
    memory += round_up(width * 2 * sizeof(int16_t));
    int16_t *rows[2] = {(int16_t *)memory, (int16_t *)(memory + round_up(samples * sizeof(int16_t)))};
    int held[2] = {-1, -1};

    double scale_x = 1.0 / ((double)target_width / source_width);
    double scale_y = 1.0 / ((double)target_height / source_height);
    for (int x = 0; x < target_width; x++) taps(x, scale_x, &columns[x], &weights[2 * x]);
    for (int y = 0; y < target_height; y++) {
        int32_t top;
        int16_t vertical[2];
        taps(y, scale_y, &top, vertical);
        // Beyond the edge both rows are the edge's own, and each product is still truncated by itself.
        int needed[2] = {clamp(top, source_height), clamp(top + 1, source_height)};
        if (held[0] != needed[0] && held[1] == needed[0]) {
            int16_t *swapped = rows[0];
            rows[0] = rows[1];
            rows[1] = swapped;
            held[0] = held[1];
            held[1] = -1;
        }
        for (int i = 0; i < 2; i++) {
            if (held[i] == needed[i]) continue;
            horizontal(source + (size_t)needed[i] * (size_t)source_width * (size_t)channels, source_width, channels,
                       columns, weights, target_width, rows[i]);
            held[i] = needed[i];
        }
        const int16_t *above = rows[0], *below = rows[1];
        int first = vertical[0], second = vertical[1];
        uint8_t *out = target + (size_t)y * samples;
        for (size_t i = 0; i < samples; i++) {
            out[i] = (uint8_t)((((first * above[i]) >> 16) + ((second * below[i]) >> 16) + 2) >> 2);
        }
    }
}

void ck_normalise_padded(const uint8_t *source, int width, int height, int channels, const float mean[3],
                         const float scale[3], float *target, int padded_width, int padded_height) {
    for (int y = 0; y < height; y++) {
        const uint8_t *row = source + (size_t)y * (size_t)width * (size_t)channels;
        float *out = target + (size_t)y * (size_t)padded_width * 3;
        if (channels == 3) {
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < 3; c++) out[3 * x + c] = ((float)row[3 * x + c] - mean[c]) * scale[c];
            }
        } else {
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < 3; c++) out[3 * x + c] = ((float)row[x] - mean[c]) * scale[c];
            }
        }
        memset(out + 3 * (size_t)width, 0, (size_t)(padded_width - width) * 3 * sizeof(float));
    }
    memset(target + (size_t)height * (size_t)padded_width * 3, 0,
           (size_t)(padded_height - height) * (size_t)padded_width * 3 * sizeof(float));
}
