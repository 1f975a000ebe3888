internal import Imaging

/// What a camera's picture usually looks like in one regime, averaged so that neither noise nor passers-by remain.
struct PictureReference: Sendable {
    typealias Samples = PictureLook.Samples

    /// How a picture compares with the reference.
    struct Comparison: Sendable {
        /// Blocks of the reference that have structure, and the share of these whose structure is still there.
        var known = 0
        var kept: Float = 1
        /// Blocks that are still there and had fine detail, and the share of these that have lost it.
        var detailed = 0
        var softened: Float = 0
        /// Fine detail beside coarse structure over the whole picture, relative to what is usual.
        var sharpness: Float = 1
        /// Correlation of the blocks' mean brightness, -1...1.
        var layout: Float = 0
        /// Blocks of the picture itself that have structure, known or not.
        var structured = 0
        /// How much the brightness of the others varies, relative to its mean.
        var flatSpread: Float = 0
        /// Of each block.
        var correlation = Samples()
    }

    private(set) var look: PictureLook
    /// Averages of single pictures, with whatever moves in them.
    private var texture: Samples
    private var sharpness: Float
    /// Share of the structure that is usually recognised.
    private(set) var usual: Float = 1
    /// Stream time and frames that went into it.
    private var seen: Duration = .zero
    private var frames = 1

    init(_ look: PictureLook) {
        self.look = look
        texture = look.coarse
        sharpness = look.sharpness
    }

    func isLearned(_ rules: PictureRules) -> Bool { seen >= rules.learning && frames >= rules.learningFrames }

    /// Weighs the next picture in. Blocks that show something else, such as a parked lorry, follow more slowly.
    mutating func follow(_ newer: PictureLook, step: Duration, _ rules: PictureRules) {
        frames += 1
        seen += step
        let correlation = look.correlation(with: newer)
        let known = look.structured
        let isLearned = isLearned(rules)
        let share = isLearned ? min(1, Float(step / rules.following)) : 1 / Float(frames)
        var shares = Samples(repeating: share)
        if isLearned {
            let slow = min(1, Float(step / rules.absorbing))
            shares.replace(with: slow, where: known .& (correlation .< rules.keptCorrelation))
        }
        usual += (kept(known, correlation, rules) - usual) * share
        look.follow(newer, share: shares)
        texture += (newer.coarse - texture) * shares
        sharpness += (newer.sharpness - sharpness) * share
    }

    func compare(_ picture: PictureLook, _ rules: PictureRules) -> Comparison {
        var result = Comparison()
        let correlation = look.correlation(with: picture)
        let known = look.structured
        result.correlation = correlation
        result.known = Samples.count(known)
        result.kept = kept(known, correlation, rules)

        let usual = Self.detail(look, texture)
        let detailed =
            known .& (correlation .>= rules.keptCorrelation) .& (look.fine .> 1.5 * look.grain + look.leastDetail)
        result.detailed = Samples.count(detailed)
        let softened = detailed .& (Self.detail(picture, picture.coarse) .< usual * rules.softDetail)
        result.softened = result.detailed > 0 ? Float(Samples.count(softened)) / Float(result.detailed) : 0
        result.sharpness = picture.sharpness / max(sharpness, 1e-6)

        result.layout = Self.correlation(look.level, picture.level)
        let structured = picture.structured
        result.structured = Samples.count(structured)
        result.flatSpread = Self.spread(picture.level, where: .!structured)
        return result
    }

    private func kept(
        _ known: SIMDMask<SIMD64<Int32>>, _ correlation: Samples, _ rules: PictureRules
    ) -> Float {
        let count = Samples.count(known)
        return count > 0 ? Float(Samples.count(known .& (correlation .>= rules.keptCorrelation))) / Float(count) : 1
    }

    /// Fine detail beside coarse structure, per block.
    private static func detail(_ look: PictureLook, _ coarse: Samples) -> Samples {
        let fine = look.fine - look.grain
        return fine.replacing(with: 0, where: fine .< 0) / (coarse + 1e-3)
    }

    private static func correlation(_ left: Samples, _ right: Samples) -> Float {
        let count = Float(PictureLook.blockCount)
        let (a, b) = (left - left.sum() / count, right - right.sum() / count)
        let power = (a * a).sum() * (b * b).sum()
        return power > 0 ? (a * b).sum() / power.squareRoot() : 0
    }

    private static func spread(_ level: Samples, where mask: SIMDMask<SIMD64<Int32>>) -> Float {
        let count = Float(Samples.count(mask))
        guard count > 1 else { return 0 }
        let mean = Samples.zero.replacing(with: level, where: mask).sum() / count
        let offset = Samples.zero.replacing(with: level - mean, where: mask)
        return ((offset * offset).sum() / count).squareRoot() / max(mean, 1)
    }
}

extension PictureLook {
    /// Blocks with more than noise in them.
    var structured: SIMDMask<SIMD64<Int32>> { coarse .> max(format == .gray16 ? 64 : 9, grain) }

    /// Fine detail below which a block has none worth watching.
    var leastDetail: Float { format == .gray16 ? 8 : 1 }

    /// Fine detail beside coarse structure over the whole picture.
    var sharpness: Float {
        let fine = fine - grain
        return fine.replacing(with: 0, where: fine .< 0).sum() / max(coarse.sum(), 1e-3)
    }
}
