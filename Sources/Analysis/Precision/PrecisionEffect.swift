public import ModelFiles

/// What running a pixel network in 8 bits changes, measured against single precision on the same pictures.
public struct PrecisionEffect: Sendable, Codable, Hashable {
    /// Root mean square of the features' difference, as a share of the deviation of the exact features from their mean.
    public var featureError: Double
    /// Spearman's rank correlation of the cells' surprise, both judged with the profile learned in single precision.
    public var surpriseRankCorrelation: Double
    /// Area under the ROC curve of cells with and without an anomaly, each precision with the profile learned from its own
    /// features; nil when the judged pictures have no cell of either kind.
    public var exactAUROC: Double?
    public var int8AUROC: Double?
    /// Pictures learned from and judged, and cells judged.
    public var picturesLearned: Int
    public var picturesJudged: Int
    public var cells: Int

    /// For `quality.precision` of a model card, numbers rounded to five digits behind the point.
    public var json: JSONValue {
        func rounded(_ value: Double) -> JSONValue { .number((value * 1e5).rounded() / 1e5) }
        var members: [String: JSONValue] = [
            "feature_error": rounded(featureError),
            "surprise_rank_correlation": rounded(surpriseRankCorrelation),
            "pictures_learned": .number(Double(picturesLearned)),
            "pictures_judged": .number(Double(picturesJudged)),
            "cells": .number(Double(cells)),
        ]
        if let exactAUROC, let int8AUROC {
            members["auroc_fp32"] = rounded(exactAUROC)
            members["auroc_int8"] = rounded(int8AUROC)
        }
        return .object(members)
    }
}
