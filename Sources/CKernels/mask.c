#include "ck_mask.h"

#include <math.h>
#include <string.h>

void ck_max_pool_2x2(const float *image, size_t height, size_t width, size_t channels, float *output) {
    for (size_t y = 0; y + 1 < height; y += 2) {
        for (size_t x = 0; x + 1 < width; x += 2, output += channels) {
            const float *top = image + (y * width + x) * channels, *bottom = top + width * channels;
            for (size_t c = 0; c < channels; c++) {
                float above = top[c] > top[channels + c] ? top[c] : top[channels + c];
                float below = bottom[c] > bottom[channels + c] ? bottom[c] : bottom[channels + c];
                output[c] = above > below ? above : below;
            }
        }
    }
}

void ck_spread_quads(const float *quads, size_t height, size_t width, float *output) {
    for (size_t y = 0; y < height; y++) {
        float *upper = output + 4 * y * width, *lower = upper + 2 * width;
        for (size_t x = 0; x < width; x++, quads += 4) {
            memcpy(upper + 2 * x, quads, 2 * sizeof(float));
            memcpy(lower + 2 * x, quads + 2, 2 * sizeof(float));
        }
    }
}

void ck_mask_probabilities(const float *logits, size_t count, float *probabilities) {
    for (size_t i = 0; i < count; i++) probabilities[i] = 1.0f / (1.0f + expf(-logits[i]));
}

/// Where a pixel's centre lies between the mask's cells: the lower cell in a row that has one more cell, of zeros, at
/// either end, and the upper one's weight.
static size_t cell_below(int pixel, float start, float extent, size_t side, float *weight) {
    float position = ((float)pixel + 0.5f - start) / extent * (float)side - 0.5f;
    float low = floorf(fminf(fmaxf(position, -1.0f), (float)side - 1e-3f));
    *weight = fminf(fmaxf(position - low, 0.0f), 1.0f);
    return (size_t)(low + 1);
}

size_t ck_paste_mask_scratch(size_t side, int width) { return side + 2 + 2 * (size_t)width; }

size_t ck_paste_mask(const float *mask, size_t side, const float box[4], int left, int top, int width, int height,
                     float *scratch, uint32_t *runs) {
    float *blended = scratch, *weights = scratch + side + 2;
    int32_t *cells = (int32_t *)(weights + width);
    blended[0] = blended[side + 1] = 0;
    for (int x = 0; x < width; x++) {
        cells[x] = (int32_t)cell_below(left + x, box[0], box[2] - box[0], side, weights + x);
    }
    size_t count = 0;
    uint32_t length = 0;
    int covered = 0;
    for (int y = 0; y < height; y++) {
        float weight;
        size_t cell = cell_below(top + y, box[1], box[3] - box[1], side, &weight);
        for (size_t i = 0; i < side; i++) {
            float above = cell == 0 ? 0 : mask[(cell - 1) * side + i];
            float below = cell == side ? 0 : mask[cell * side + i];
            blended[i + 1] = above * (1 - weight) + below * weight;
        }
        for (int x = 0; x < width; x++) {
            const float *pair = blended + cells[x];
            int inside = pair[0] * (1 - weights[x]) + pair[1] * weights[x] >= 0.5f;
            if (inside != covered) {
                runs[count++] = length;
                length = 0;
                covered = inside;
            }
            length++;
        }
    }
    runs[count++] = length;
    return count;
}
