/// The ways to find a class's etalons: PixOOD's condensation and the simpler ones that it is built up from (section 3.1
/// and Table 1 of the paper), which serve as its ablation.
///
/// All learn from the same batches in the same whitened space and drop etalons by the same rule at the end. With
/// `d = |x' - c| * 100 / sqrt(D)` and the soft assignment `w = softmax(-T d)` they differ in what they make small.
public enum EtalonMethod: String, Sendable, Hashable, CaseIterable {
    /// The mean of the class: `kMeans` with one etalon.
    case singleMean
    /// `d^2` to the nearest etalon, by Lloyd's rule: each epoch ends with every etalon in the middle of the rows that were
    /// nearest to it.
    case kMeans
    /// `sum of w d^2`. The assignment is the published code's; equation (7) of the paper squares its distance too.
    case softKMeans
    /// `sum of w d`: a row far from everything pulls no harder than others.
    case softKMedians
    /// `sum of w (d / beta + ln beta)` with a learned scale per etalon, and etalons without support begin anew elsewhere.
    case condensation

    /// Whether every row belongs to its nearest etalon alone.
    var isHard: Bool { self == .singleMean || self == .kMeans }
    var squaresDistance: Bool { self == .softKMeans }
    var learnsScale: Bool { self == .condensation }
    /// Whether etalons without support rest until they are moved onto random rows; figure 3 of the paper shows the
    /// other methods without this.
    var reinitialises: Bool { self == .condensation }
}
