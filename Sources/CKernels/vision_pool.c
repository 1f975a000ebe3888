#include "ck_vision.h"
#include "vision_variants.h"

#include <math.h>
#include <string.h>

enum { chunk = 32 };

CK_BODY void proposal_outputs(const float *features, size_t cells, size_t channels, const float *weight,
                              const float *bias, float *objectness, float *distances) {
    for (size_t cell = 0; cell < cells; cell++) {
        const float *x = features + cell * channels;
        float lanes[6][8] = {{0}};
        size_t c = 0;
        for (; c + 8 <= channels; c += 8) {
            for (int i = 0; i < 8; i++) lanes[5][i] += x[c + i] * x[c + i];
            for (size_t row = 0; row < 5; row++) {
                const float *w = weight + row * channels + c;
                for (int i = 0; i < 8; i++) lanes[row][i] += x[c + i] * w[i];
            }
        }
        for (; c < channels; c++) {
            lanes[5][0] += x[c] * x[c];
            for (size_t row = 0; row < 5; row++) lanes[row][0] += x[c] * weight[row * channels + c];
        }
        float sums[6];
        for (int row = 0; row < 6; row++) {
            const float *l = lanes[row];
            sums[row] = ((l[0] + l[4]) + (l[1] + l[5])) + ((l[2] + l[6]) + (l[3] + l[7]));
        }
        float inverse = 1.0f / fmaxf(sqrtf(sums[5]), 1e-12f);
        objectness[cell] = sums[0] * inverse + bias[0];
        for (int row = 1; row < 5; row++) distances[cell * 4 + row - 1] = sums[row] * inverse + bias[row];
    }
}

CK_FAST static void proposal_outputs_fast(const float *features, size_t cells, size_t channels, const float *weight,
                                          const float *bias, float *objectness, float *distances) {
    proposal_outputs(features, cells, channels, weight, bias, objectness, distances);
}

void ck_proposal_outputs_generic(const float *features, size_t cells, size_t channels, const float *weight,
                                 const float *bias, float *objectness, float *distances) {
    proposal_outputs(features, cells, channels, weight, bias, objectness, distances);
}

void ck_proposal_outputs(const float *features, size_t cells, size_t channels, const float *weight, const float *bias,
                         float *objectness, float *distances) {
    (CK_HAS_FAST ? proposal_outputs_fast : ck_proposal_outputs_generic)(features, cells, channels, weight, bias,
                                                                        objectness, distances);
}

int ck_roi_level(const float box[4], int levels) {
    float extent = sqrtf((box[2] - box[0]) * (box[3] - box[1]));
    float level = floorf(log2f(extent / 56.0f + 1e-6f));
    if (!(level == level)) return -1;
    if (level < 0) return 0;
    return level > (float)(levels - 1) ? levels - 1 : (int)level;
}

size_t ck_roi_align_scratch(int height, int width, int bins) {
    // Along one axis the bins together touch at most extent + 1 + 3 * bins cells.
    return (size_t)(height + 4 * bins + 4) + (size_t)(width + 4 * bins + 4);
}

/// The cells that one bin touches along one axis, and where their weights start.
typedef struct {
    int first, count;
    size_t weights;
} bin_span;

enum { most_bins = 32 };

/// Bilinear sampling is separable, so each axis gets one list of cell weights per bin, already averaged over samples.
static void axis_weights(float start, float size, int bins, int samples, int extent, bin_span *spans, float *weights) {
    size_t used = 0;
    float bin = size / (float)bins;
    for (int b = 0; b < bins; b++) {
        spans[b] = (bin_span){0, 0, used};
        for (int s = 0; s < samples; s++) {
            float position = start + (float)b * bin + ((float)s + 0.5f) * bin / (float)samples;
            if (position < -1.0f || position > (float)extent) continue;
            if (position <= 0) position = 0;
            int low = (int)position, high = low + 1;
            if (low >= extent - 1) {
                low = high = extent - 1;
                position = (float)low;
            }
            float upper = position - (float)low, lower = 1.0f - upper;
            if (spans[b].count == 0) spans[b].first = low;
            for (; spans[b].first + spans[b].count <= high; spans[b].count++) {
                weights[used + (size_t)spans[b].count] = 0;
            }
            weights[used + (size_t)(low - spans[b].first)] += lower / (float)samples;
            weights[used + (size_t)(high - spans[b].first)] += upper / (float)samples;
        }
        used += (size_t)spans[b].count;
    }
}

CK_BODY void pool_bin(const ck_feature_map *map, size_t channels, bin_span rows, const float *row_weights,
                      bin_span columns, const float *column_weights, float *out) {
    const float *origin = map->data + ((size_t)rows.first * (size_t)map->width + (size_t)columns.first) * channels;
    size_t pitch = (size_t)map->width * channels;
    size_t c = 0;
    for (; c + chunk <= channels; c += chunk) {
        float sum[chunk] = {0};
        for (int y = 0; y < rows.count; y++) {
            for (int x = 0; x < columns.count; x++) {
                const float *cell = origin + (size_t)y * pitch + (size_t)x * channels + c;
                float weight = row_weights[y] * column_weights[x];
                for (int i = 0; i < chunk; i++) sum[i] += weight * cell[i];
            }
        }
        memcpy(out + c, sum, sizeof sum);
    }
    for (; c < channels; c++) {
        float sum = 0;
        for (int y = 0; y < rows.count; y++) {
            for (int x = 0; x < columns.count; x++) {
                sum += row_weights[y] * column_weights[x] * origin[(size_t)y * pitch + (size_t)x * channels + c];
            }
        }
        out[c] = sum;
    }
}

CK_BODY void roi_align(const ck_feature_map *maps, int levels, size_t channels, const float *boxes, size_t count,
                       int bins, float *scratch, float *out) {
    size_t size = (size_t)bins * (size_t)bins * channels;
    for (size_t i = 0; i < count; i++, out += size) {
        const float *box = boxes + 4 * i;
        int level = ck_roi_level(box, levels);
        float width = box[2] - box[0], height = box[3] - box[1];
        // The negated comparisons also catch what is not a number.
        if (level < 0 || !(width > 0) || !(height > 0) || !(width < 1e6f) || !(height < 1e6f)) {
            memset(out, 0, size * sizeof(float));
            continue;
        }
        const ck_feature_map *map = maps + level;
        float left = box[0] * map->scale - 0.5f, top = box[1] * map->scale - 0.5f;
        float extent_x = box[2] * map->scale - 0.5f - left, extent_y = box[3] * map->scale - 0.5f - top;
        int samples_x = (int)ceilf(extent_x / (float)bins), samples_y = (int)ceilf(extent_y / (float)bins);
        bin_span rows[most_bins], columns[most_bins];
        float *row_weights = scratch, *column_weights = scratch + map->height + 4 * bins + 4;
        axis_weights(top, extent_y, bins, samples_y, map->height, rows, row_weights);
        axis_weights(left, extent_x, bins, samples_x, map->width, columns, column_weights);
        for (int y = 0; y < bins; y++) {
            for (int x = 0; x < bins; x++) {
                pool_bin(map, channels, rows[y], row_weights + rows[y].weights, columns[x],
                         column_weights + columns[x].weights, out + (size_t)(y * bins + x) * channels);
            }
        }
    }
}

CK_FAST static void roi_align_fast(const ck_feature_map *maps, int levels, size_t channels, const float *boxes,
                                   size_t count, int bins, float *scratch, float *out) {
    roi_align(maps, levels, channels, boxes, count, bins, scratch, out);
}

void ck_roi_align_generic(const ck_feature_map *maps, int levels, size_t channels, const float *boxes, size_t count,
                          int bins, float *scratch, float *out) {
    roi_align(maps, levels, channels, boxes, count, bins, scratch, out);
}

void ck_roi_align(const ck_feature_map *maps, int levels, size_t channels, const float *boxes, size_t count, int bins,
                  float *scratch, float *out) {
    (CK_HAS_FAST ? roi_align_fast : ck_roi_align_generic)(maps, levels, channels, boxes, count, bins, scratch, out);
}
