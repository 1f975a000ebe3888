#ifndef CK_DISTANCE_H
#define CK_DISTANCE_H

#include <stddef.h>
#include <stdint.h>

/// Squared Euclidean norm of each of `rows` rows of `dimension` numbers, `stride` apart.
void ck_row_norms(const float *values, size_t rows, size_t dimension, size_t stride, float *norms);

/// Adds `shift[j]` to (and then multiplies by `scale[j]`, unless it is null) every row while copying it:
/// `out[i, j] = (in[i, j] + shift[j]) * scale[j]`.
void ck_affine_rows(const float *in, size_t rows, size_t dimension, size_t in_stride, const float *shift,
                    const float *scale, float *out, size_t out_stride);

/// Nearest of `columns` points for each row: `minimum[i] = min_k max(0, row_norms[i] - 2 dots[i, k] + column_norms[k])`
/// and the first `k` that reaches it; +infinity and -1 without columns.
void ck_nearest_point(const float *dots, size_t stride, const float *row_norms, const float *column_norms, size_t rows,
                size_t columns, float *minimum, int32_t *index);

/// Euclidean distance of each row to its point `index[i]` (`points` are `[*, dimension]`, dense), by differences, which
/// is exact where the product expansion cancels; +infinity for index -1.
void ck_indexed_distance(const float *rows, size_t count, size_t dimension, size_t stride, const float *points,
                         const int32_t *index, float *distance);

/// Square root of every value, in place.
void ck_square_roots(float *values, size_t count);

/// Bilinear up-sampling of a channels-last map `[h, w, channels]` to `[out_h, out_w, channels]` with half-pixel centres;
/// rows first ..< first + count alone are written, to the beginning of `out`.
void ck_upsample_bilinear(const float *in, size_t h, size_t w, size_t channels, float *out, size_t out_h, size_t out_w,
                          size_t first, size_t count);

/// Mean over 3x3 cells around each cell; at the border the window is moved inside, because a mean of fewer cells would
/// be noisier than all others.
void ck_smooth3x3(const float *in, size_t width, size_t height, float *out);

/// A group of 8-connected cells; the rectangle is half-open.
typedef struct {
    int32_t left, top, right, bottom;
    int32_t cells;
    float peak;
} ck_region;

/// Groups of 8-connected cells whose value is greater than `threshold` and that have at least `minimum_cells` cells, in
/// the order of their first cell; at most `capacity` are written, the number found is returned. `scratch` holds
/// 2 * width * height numbers.
size_t ck_regions(const float *map, size_t width, size_t height, float threshold, size_t minimum_cells, int32_t *scratch,
                  ck_region *regions, size_t capacity);

// Condensation (soft assignment of rows to etalons).

/// What one block of rows of a class contributes to the loss `sum over etalons of w (t(d) / beta + ln beta)`; see
/// `ck_condense`.
typedef struct {
    size_t rows, etalons, dimension;
    const float *data;          ///< `[rows, dimension]`, whitened
    const float *data_norms;    ///< `[rows]`, squared
    const float *centres;       ///< `[etalons, dimension]`, whitened
    const float *centre_norms;  ///< `[etalons]`, squared
    const uint8_t *valid;       ///< `[etalons]`; an invalid etalon has the distance 1e12
    float distance_scale;       ///< 100 / sqrt(dimension)
    float temperature;          ///< multiplies the distance inside the softmax
    const float *beta;          ///< `[etalons]`
    const float *log_beta;      ///< `[etalons]`
    float row_weight;           ///< 1 / rows of the class in this batch
    int squared;                ///< whether t(d) is d * d instead of d
} ck_condense_block;

/// Distances, assignments, loss and its derivatives for a block of rows.
///
/// `dots` enters as `data * centres'` and leaves as the coefficient `A[i, k] = dL/dd[i, k] * scale^2 / d[i, k]`, so that
/// `dL/dcentre_k = centre_k * sum_i A[i, k] - sum_i A[i, k] data_i`. The sums (`[etalons]`, double) are added to.
/// `distances` and `weights` (`[rows, etalons]`) may be null. `scratch` holds 3 * etalons numbers.
/// Returns the block's share of the loss.
double ck_condense(const ck_condense_block *block, float *dots, float *distances, float *weights, double *weight_sums,
                   double *coefficient_sums, double *beta_gradients, float *scratch);

/// `out[k, :] += sums[k] * centres[k, :]`.
void ck_add_weighted_centres(const double *sums, const float *centres, size_t rows, size_t dimension, float *out);

// Learning.

/// Lower median and standard deviation (divisor rows - 1; 0 for one row) of each column; `scratch` holds `rows` numbers.
void ck_column_statistics(const float *values, size_t rows, size_t dimension, size_t stride, float *medians,
                          float *deviations, float *scratch);

/// Adds each row to the sum of its group: `sums` is `[groups, dimension]`, `counts` `[groups]`; -1 belongs to none.
void ck_group_sums(const float *rows, const int32_t *index, size_t count, size_t dimension, double *sums,
                   int64_t *counts);

/// Adds one to `counts[index[i]]` for every index that is not negative.
void ck_count_indices(const int32_t *index, size_t count, int64_t *counts);

/// One AdamW step (decoupled weight decay) on `count` parameters; `step` counts from 1.
void ck_adamw(float *parameters, const float *gradients, float *first, float *second, size_t count, double rate,
              double beta1, double beta2, double epsilon, double decay, int64_t step);

/// Exact GELU (with the error function) of `[rows, columns]` after adding `bias`; the sums are kept in `pre`.
void ck_gelu_forward(float *pre, const float *bias, size_t rows, size_t columns, float *out);

/// `gradient[i] *= GELU'(pre[i])`.
void ck_gelu_backward(const float *pre, size_t count, float *gradient);

/// Softmax cross entropy: `logits` (`[rows, classes]`, bias added here) become `(softmax - onehot) / rows`; returns the
/// mean loss. Labels are in 0 ..< classes. `correct` counts rows whose largest logit is the label's.
double ck_cross_entropy(float *logits, const float *bias, const int32_t *labels, size_t rows, size_t classes,
                        size_t *correct);

/// `sums[j] = sum_i values[i, j]`.
void ck_sum_columns(const float *values, size_t rows, size_t columns, float *sums);

// Neyman-Pearson calibration.

/// A bivariate normal density; `precision` is the inverse covariance (xx, xy, yy), `log_scale` its log normalisation.
typedef struct {
    double mean[2];
    double precision[3];
    double log_scale;
} ck_gaussian2;

/// Logarithm of the densities' ratio (inlier over outlier), and the inlier density relative to its greatest value, on the
/// grid `xs` times `ys`, row-major. Logarithms neither vanish nor overflow where the densities do.
void ck_density_grid(const ck_gaussian2 *inlier, const ck_gaussian2 *outlier, const double *xs, size_t columns,
                     const double *ys, size_t rows, double *log_ratio, double *density);

/// Sorts the pairs by key, ascending, NaN last; stable. `scratch` holds 2 * count numbers.
void ck_sort_pairs(double *key, double *value, double *scratch, size_t count);

/// Distribution function of the ratio under the inlier density, from sorted pairs: a knot lies in the middle between each
/// ratio and the next greater one. Returns the number of knots written to `knot_log_ratio` and `knot_mass` (up to count);
/// what is not finite ends the walk. `knot_mass` is relative to the mass of all cells.
size_t ck_ratio_knots(const double *log_ratio, const double *density, size_t count, double *knot_log_ratio,
                      double *knot_mass);

/// Everything needed to turn one class's (logit, similarity) into a surprise.
typedef struct {
    ck_gaussian2 inlier, outlier;
    int uses_logit;           ///< otherwise the similarity decides alone
    double unit_inverse;      ///< multiplies distances
    double ceiling_y;         ///< similarities above are treated as this
    double first, step_inverse;  ///< the table's first log ratio and the inverse of its spacing
    size_t count;             ///< table entries, at least 2
    const float *surprise;    ///< -log10 of the score at each log ratio
    float slope_below;        ///< increase of the surprise per unit of log ratio below the table
    float cap;                ///< largest surprise
} ck_surprise_table;

/// `surprise[i] = min over classes` of each class's surprise; `logits` are `[rows, classes]`, `distances`
/// `[classes, rows]`. NaN anywhere in a row gives the largest cap. `best` (may be null) is the class of the minimum.
void ck_surprise(const ck_surprise_table *tables, const int32_t *evaluated, size_t evaluated_count, const float *logits,
                 size_t classes, const float *distances, size_t rows, float *surprise, int32_t *best);

#endif
