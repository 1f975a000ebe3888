#include "ck_distance.h"

#include <math.h>

void ck_row_norms(const float *values, size_t rows, size_t dimension, size_t stride, float *norms) {
    for (size_t i = 0; i < rows; i++) {
        const float *row = values + i * stride;
        float lanes[8] = {0};
        size_t j = 0;
        for (; j + 8 <= dimension; j += 8) {
            for (size_t l = 0; l < 8; l++) lanes[l] += row[j + l] * row[j + l];
        }
        float sum = 0;
        for (; j < dimension; j++) sum += row[j] * row[j];
        for (size_t l = 0; l < 8; l++) sum += lanes[l];
        norms[i] = sum;
    }
}

void ck_affine_rows(const float *in, size_t rows, size_t dimension, size_t in_stride, const float *shift,
                    const float *scale, float *out, size_t out_stride) {
    for (size_t i = 0; i < rows; i++) {
        const float *restrict from = in + i * in_stride;
        float *restrict to = out + i * out_stride;
        if (scale) {
            for (size_t j = 0; j < dimension; j++) to[j] = (from[j] + shift[j]) * scale[j];
        } else {
            for (size_t j = 0; j < dimension; j++) to[j] = from[j] + shift[j];
        }
    }
}

void ck_nearest_point(const float *dots, size_t stride, const float *row_norms, const float *column_norms, size_t rows,
                size_t columns, float *minimum, int32_t *index) {
    for (size_t i = 0; i < rows; i++) {
        const float *row = dots + i * stride;
        float lanes[16];
        for (size_t l = 0; l < 16; l++) lanes[l] = INFINITY;
        size_t k = 0;
        for (; k + 16 <= columns; k += 16) {
            for (size_t l = 0; l < 16; l++) {
                float value = column_norms[k + l] - 2 * row[k + l];
                lanes[l] = value < lanes[l] ? value : lanes[l];
            }
        }
        float least = INFINITY;
        for (size_t l = 0; l < 16; l++) least = lanes[l] < least ? lanes[l] : least;
        for (; k < columns; k++) {
            float value = column_norms[k] - 2 * row[k];
            least = value < least ? value : least;
        }
        int32_t at = -1;
        for (k = 0; k < columns; k++) {
            if (column_norms[k] - 2 * row[k] <= least) {
                at = (int32_t)k;
                break;
            }
        }
        // A NaN row matches nothing: its distance must not look like a near one.
        float squared = at < 0 ? INFINITY : least + row_norms[i];
        minimum[i] = squared < 0 ? 0 : squared;
        index[i] = at;
    }
}

void ck_indexed_distance(const float *rows, size_t count, size_t dimension, size_t stride, const float *points,
                         const int32_t *index, float *distance) {
    for (size_t i = 0; i < count; i++) {
        if (index[i] < 0) {
            distance[i] = INFINITY;
            continue;
        }
        const float *row = rows + i * stride;
        const float *point = points + (size_t)index[i] * dimension;
        float lanes[8] = {0};
        size_t j = 0;
        for (; j + 8 <= dimension; j += 8) {
            for (size_t l = 0; l < 8; l++) {
                float difference = row[j + l] - point[j + l];
                lanes[l] += difference * difference;
            }
        }
        float sum = 0;
        for (; j < dimension; j++) sum += (row[j] - point[j]) * (row[j] - point[j]);
        for (size_t l = 0; l < 8; l++) sum += lanes[l];
        distance[i] = sqrtf(sum);
    }
}

void ck_square_roots(float *values, size_t count) {
    for (size_t i = 0; i < count; i++) values[i] = sqrtf(values[i]);
}

void ck_upsample_bilinear(const float *in, size_t h, size_t w, size_t channels, float *out, size_t out_h,
                          size_t out_w, size_t first, size_t count) {
    if (!h || !w) return;
    float ratio_y = (float)h / (float)out_h, ratio_x = (float)w / (float)out_w;
    for (size_t y = first; y < first + count; y++) {
        float fy = ((float)y + 0.5f) * ratio_y - 0.5f;
        if (fy < 0) fy = 0;
        size_t y0 = (size_t)fy;
        if (y0 > h - 1) y0 = h - 1;
        size_t y1 = y0 + 1 < h ? y0 + 1 : y0;
        float ay = fy - (float)y0;
        for (size_t x = 0; x < out_w; x++) {
            float fx = ((float)x + 0.5f) * ratio_x - 0.5f;
            if (fx < 0) fx = 0;
            size_t x0 = (size_t)fx;
            if (x0 > w - 1) x0 = w - 1;
            size_t x1 = x0 + 1 < w ? x0 + 1 : x0;
            float ax = fx - (float)x0;
            const float *a = in + (y0 * w + x0) * channels, *b = in + (y0 * w + x1) * channels;
            const float *c = in + (y1 * w + x0) * channels, *d = in + (y1 * w + x1) * channels;
            float wa = (1 - ay) * (1 - ax), wb = (1 - ay) * ax, wc = ay * (1 - ax), wd = ay * ax;
            float *restrict to = out + ((y - first) * out_w + x) * channels;
            for (size_t k = 0; k < channels; k++) to[k] = wa * a[k] + wb * b[k] + wc * c[k] + wd * d[k];
        }
    }
}

/// First of three neighbouring places around `at` that lie inside 0 ..< count; all places when there are fewer.
static inline size_t window_start(size_t at, size_t count) {
    if (count <= 3 || at == 0) return 0;
    return at + 1 < count ? at - 1 : count - 3;
}

void ck_smooth3x3(const float *in, size_t width, size_t height, float *out) {
    size_t rows = height < 3 ? height : 3, columns = width < 3 ? width : 3;
    for (size_t y = 0; y < height; y++) {
        size_t top = window_start(y, height);
        for (size_t x = 0; x < width; x++) {
            const float *from = in + top * width + window_start(x, width);
            float sum = 0;
            for (size_t v = 0; v < rows; v++) {
                for (size_t u = 0; u < columns; u++) sum += from[v * width + u];
            }
            out[y * width + x] = sum / (float)(rows * columns);
        }
    }
}

size_t ck_regions(const float *map, size_t width, size_t height, float threshold, size_t minimum_cells,
                  int32_t *scratch, ck_region *regions, size_t capacity) {
    size_t cells = width * height, found = 0;
    int32_t *seen = scratch, *stack = scratch + cells;
    for (size_t i = 0; i < cells; i++) seen[i] = !(map[i] > threshold);
    for (size_t start = 0; start < cells; start++) {
        if (seen[start]) continue;
        ck_region region = {(int32_t)width, (int32_t)height, 0, 0, 0, map[start]};
        size_t depth = 0;
        stack[depth++] = (int32_t)start;
        seen[start] = 1;
        while (depth) {
            size_t cell = (size_t)stack[--depth];
            int32_t x = (int32_t)(cell % width), y = (int32_t)(cell / width);
            region.cells++;
            if (map[cell] > region.peak) region.peak = map[cell];
            if (x < region.left) region.left = x;
            if (y < region.top) region.top = y;
            if (x + 1 > region.right) region.right = x + 1;
            if (y + 1 > region.bottom) region.bottom = y + 1;
            for (int32_t v = y ? y - 1 : 0; v <= y + 1 && v < (int32_t)height; v++) {
                for (int32_t u = x ? x - 1 : 0; u <= x + 1 && u < (int32_t)width; u++) {
                    size_t next = (size_t)v * width + (size_t)u;
                    if (seen[next]) continue;
                    seen[next] = 1;
                    stack[depth++] = (int32_t)next;
                }
            }
        }
        if ((size_t)region.cells < minimum_cells) continue;
        if (found < capacity) regions[found] = region;
        found++;
    }
    return found;
}
