internal import FoundationEssentials
internal import ModelFiles
internal import PixelAnomaly

/// What the pixel part of a learned profile knows, as plain values for people's eyes.
public struct ProfileReport: Sendable {
    /// A point of the distribution of held-out patches.
    public struct Quantile: Sendable, Hashable {
        /// Share of the patches that are less surprising, in [0, 1].
        public let share: Double
        public let surprise: Double
    }

    /// One pseudo-class of patches.
    public struct PatchClass: Sendable, Hashable {
        /// Share of the class among all patches, in [0, 1].
        public let share: Double
        /// Share of the class's patches that each etalon stands for, descending; together 1.
        public let coverage: [Double]

        /// The fewest etalons that together stand for at least `share` of the class.
        public func etalons(covering share: Double) -> Int {
            var sum = 0.0
            for (index, part) in coverage.enumerated() {
                sum += part
                if sum >= share { return index + 1 }
            }
            return coverage.count
        }
    }

    /// Ascending; empty when nothing was held out.
    public let heldOut: [Quantile]
    /// Those with the most patches first.
    public let classes: [PatchClass]

    /// Reads the folder of a profile version (of one regime, where it has several); nil when it judges no pixels.
    /// - Throws: `AnalysisError.Code.badProfile`.
    public init?(folder: String) throws(AnalysisError) {
        let path = "\(folder)/\(ProfileStore.pixelsName)"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let profile: PixelProfile
        do {
            profile = try PixelProfile(SafetensorsFile(path: path))
        } catch {
            throw AnalysisError(.badProfile, "\(error); learn the camera again", cause: error)
        }
        heldOut = profile.heldOut.map { Quantile(share: $0.share, surprise: $0.surprise) }
        let supports = profile.etalons.map { $0.support.map { Double(max(0, $0)) } }
        let total = supports.joined().reduce(0, +)
        classes = supports.map { support in
            let sum = support.reduce(0, +)
            return PatchClass(
                share: total > 0 ? sum / total : 0, coverage: support.sorted(by: >).map { sum > 0 ? $0 / sum : 0 })
        }.sorted { $0.share > $1.share }
    }
}
