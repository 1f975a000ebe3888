#ifndef CK_VISION_H
#define CK_VISION_H

#include <stddef.h>
#include <stdint.h>

/// One level of a feature pyramid, channels-last: `data` is `[height, width, channels]`.
typedef struct {
    const float *data;
    int32_t height;
    int32_t width;
    /// Cells per input pixel (1 / stride).
    float scale;
} ck_feature_map;

/// Proposal outputs of each cell: the cell's `channels` features are divided by max(their L2 norm, 1e-12) and multiplied
/// by five rows of `weight` `[5, channels]` plus `bias`; row 0 goes to `objectness` `[cells]`, rows 1 to 4 to
/// `distances` `[cells, 4]`.
void ck_proposal_outputs(const float *features, size_t cells, size_t channels, const float *weight, const float *bias,
                         float *objectness, float *distances);
void ck_proposal_outputs_generic(const float *features, size_t cells, size_t channels, const float *weight,
                                 const float *bias, float *objectness, float *distances);

/// Indices of the `k` largest of `count` values, largest first, equal values by index; when `count <= k` all indices in
/// their own order. Returns how many were written. `scratch` holds 8 * count bytes, aligned to 8.
size_t ck_top_k(const float *values, size_t count, size_t k, void *scratch, int32_t *indices);

/// Boxes (x1, y1, x2, y2) of `count` cells from their distances (top, bottom, left, right) in units of the anchor's side
/// (8 strides, centred on the cell's corner), clipped to [0, clip_width] x [0, clip_height]. May come out empty or crossed.
void ck_decode_distances(const float *distances, const int32_t *cells, size_t count, int map_width, float stride,
                         float clip_width, float clip_height, float *boxes);

/// Refined boxes from proposals `[count, 4]` and deltas (dx, dy, dw, dh) with deviations .1, .1, .2, .2; clipped, then
/// divided by `scale_x` and `scale_y`. Row i of the deltas starts at `deltas + i * stride`.
void ck_decode_deltas(const float *proposals, const float *deltas, size_t stride, size_t count, float clip_width,
                      float clip_height, float scale_x, float scale_y, float *boxes);

/// Proposals by falling objectness: `places[i]` is where the i-th stood, `ranks` is the inverse. `scratch` holds 8 * count
/// bytes, aligned to 8.
void ck_rank_proposals(const float *objectness, const float *boxes, size_t count, void *scratch, int32_t *places,
                       int32_t *ranks, float *ranked_objectness, float *ranked_boxes);

/// What the joint score of proposal i, and of every one behind it, cannot exceed whatever the second factor is:
/// max over j >= i of sqrt(sigmoid(objectness[j])), rounded as `ck_joint_scores` rounds; negative when none is a number.
void ck_score_bounds(const float *objectness, size_t count, float *bounds);

/// sqrt(sigmoid(a) * sigmoid(b)); b is read with a stride.
void ck_joint_scores(const float *a, const float *b, size_t stride, size_t count, float *scores);

/// The pyramid level (0 to `levels` - 1) whose cells suit the box; -1 when the box is crossed on exactly one axis or not
/// finite, so that no level does.
int ck_roi_level(const float box[4], int levels);

/// Floats of scratch for `ck_roi_align`: for the largest map of the pyramid.
size_t ck_roi_align_scratch(int height, int width, int bins);

/// Average-pooled bilinear features of each box (input pixels, `[count, 4]`) from the level that suits it:
/// `[count, bins, bins, channels]`. Half-pixel aligned, ceil(extent / bins) samples per bin and axis. Boxes without area,
/// crossed or not finite give zeros.
void ck_roi_align(const ck_feature_map *maps, int levels, size_t channels, const float *boxes, size_t count, int bins,
                  float *scratch, float *out);
void ck_roi_align_generic(const ck_feature_map *maps, int levels, size_t channels, const float *boxes, size_t count,
                          int bins, float *scratch, float *out);

/// log(sum(max(weights[c], 0) * exp(row[c]))) of each row of `[rows, columns]`; minus infinity when no weight is above 0.
void ck_weighted_log_sum_exp(const float *values, const float *weights, size_t rows, size_t columns, float *out);

/// log(sum(exp(row))) of each row of `[rows, columns]`.
void ck_log_sum_exp(const float *values, size_t rows, size_t columns, float *out);

/// out = sum_j w2[j] * max(0, w1[j] * x + b1[j]) + b2 for each x.
void ck_scalar_network(const float *x, size_t count, const float *w1, const float *b1, const float *w2, float b2,
                       size_t hidden, float *out);

/// Adds `bias` to each row and, when `rectify`, replaces negative values by 0.
void ck_add_bias(float *values, size_t rows, size_t columns, const float *bias, int rectify);

/// Losses and gradients of the pseudo-classifier's logits and of the anomaly head.
typedef struct {
    /// Parameters of the anomaly head: hidden x 1, hidden, 1 x hidden, 1.
    const float *w1, *b1, *w2, *b2;
    float *grad_w1, *grad_b1, *grad_w2, *grad_b2;
    size_t hidden;
    /// Weights of the classes in the energy, where only those above 0 count, and their gradient; NULL: the plain energy.
    const float *energy_weights;
    float *grad_energy_weights;
    /// Weights of the two losses in the gradient.
    float class_weight, anomaly_weight;
    /// Unweighted means.
    double class_loss, anomaly_loss;
} ck_anomaly_objective;

/// Rows 0 ..< `normals` of `logits` `[normals + outliers, classes]` are normal objects with pseudo-class `labels`, the
/// rest outliers. Writes the gradient of class_weight * mean cross-entropy + anomaly_weight * mean binary cross-entropy
/// with respect to the logits, and adds to the anomaly head's and the energy weights' gradients (which must start at 0).
void ck_anomaly_losses(const float *logits, const int32_t *labels, size_t normals, size_t outliers, size_t classes,
                       ck_anomaly_objective *objective, float *grad_logits);

/// gradient = 0 where activation <= 0.
void ck_rectifier_gradient(const float *activation, float *gradient, size_t count);

/// Sum over rows of `[rows, columns]`.
void ck_column_sums(const float *values, size_t rows, size_t columns, float *sums);

/// Stochastic gradient descent with momentum and weight decay: g += decay w; v = momentum v + g; w -= rate v.
void ck_descend(float *weights, const float *gradient, float *velocity, size_t count, float rate, float momentum,
                float decay);

/// values *= factor.
void ck_scale(float *values, size_t count, float factor);

/// Squared Euclidean norm of each row.
void ck_squared_norms(const float *values, size_t rows, size_t columns, float *out);

/// Nearest centre of each row from `products` `[rows, centres]` (row . centre) and the centres' squared norms; `distance`
/// (may be NULL) receives |row|^2 - 2 row . centre + |centre|^2, at least 0, and then needs `row_norms`.
void ck_nearest(const float *products, const float *row_norms, const float *centre_norms, size_t rows, size_t centres,
                int32_t *labels, float *distance);

/// Moves each centre to the mean of what it has seen: centres `[k, columns]` with `counts` rows behind them take in the
/// labelled rows.
void ck_update_centres(const float *values, const int32_t *labels, size_t rows, size_t columns, size_t k,
                       float *centres, float *counts);

/// values[i] -= means[labels[i]] for each row.
void ck_subtract_means(float *values, const int32_t *labels, size_t rows, size_t columns, const float *means);

/// Lower Cholesky factor of a symmetric block in place (row distance `stride`, upper triangle untouched). Returns 0, or the
/// 1-based row at which the block is found not to be positive definite.
size_t ck_cholesky_block(float *values, size_t size, size_t stride);

/// values := values L^-T for each row, L lower triangular `[size, size]`.
void ck_solve_lower(const float *lower, size_t lower_stride, size_t size, float *values, size_t rows, size_t stride);

/// Independent standard normal numbers; advances the SplitMix64 `state`.
void ck_normals(uint64_t *state, float *out, size_t count);

/// The largest of `draws` independent chi-square numbers with `degrees` degrees of freedom; advances `state`.
double ck_largest_chi_square(uint64_t *state, size_t degrees, size_t draws);

#endif
