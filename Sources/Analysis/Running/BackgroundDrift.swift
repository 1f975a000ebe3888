internal import Basics
internal import FoundationEssentials
package import ModelFiles
package import Tensors

/// Follows what each cell of a camera's picture usually looks like: seasons, dust, the sun's path.
///
/// Only cells that are not surprising move their mean, and only slowly, so that something that was left behind stays as
/// surprising as on its first day: what is an event, or nearly one, is never absorbed.
package struct BackgroundDrift: Sendable {
    /// Stream time over which a mean follows.
    package static let horizon: Duration = .seconds(7200)
    /// A longer step between frames counts as this long.
    private static let longestStep: Duration = .seconds(2)
    /// Share of the exit threshold up to which a cell is ordinary.
    private static let ordinary: Float = 0.5

    /// The regime, and the profile version that learned it.
    let version: Int
    let regime: Regime
    package private(set) var background: Background
    private var last: Duration?

    package init(_ background: Background, version: Int, regime: Regime) {
        self.version = version
        self.regime = regime
        self.background = background.copy()
    }

    /// Moves the means of ordinary cells towards a frame's patches `[rows, columns, D]`.
    /// - Parameters:
    ///   - surprise: of each cell, smoothed, so that the neighbours of surprising cells do not move either.
    ///   - exit: the exit threshold.
    package mutating func follow(_ patches: Tensor, surprise: [Float], exit: Float, at time: Duration) {
        defer { last = time }
        // After a change of the resolution the cells are not the same any more.
        guard let last, patches.shape == background.mean.shape, surprise.count == patches.shape[0] * patches.shape[1]
        else { return }
        let step = min(max(.zero, time - last), Self.longestStep)
        let rate = Float(step / Self.horizon)
        guard rate > 0 else { return }
        let width = background.width
        for cell in surprise.indices where surprise[cell] < Self.ordinary * exit {
            let mean = background.mean.pointer + cell * width
            let row = patches.pointer + cell * width
            for index in 0..<width { mean[index] += rate * (row[index] - mean[index]) }
        }
    }

    // MARK: Files

    private static func path(_ folder: String, _ version: Int, _ regime: Regime) -> String {
        "\(folder)/v\(version)-\(regime.rawValue).safetensors"
    }

    package func write(folder: String) throws(ModelFileError) {
        try background.write(to: Self.path(folder, version, regime))
    }

    /// What an earlier run of the daemon followed; the profile's own background when there is nothing that fits.
    package static func resume(
        _ background: Background, version: Int, regime: Regime, folder: String?
    ) -> BackgroundDrift {
        var drift = BackgroundDrift(background, version: version, regime: regime)
        if let folder, let file = try? SafetensorsFile(path: path(folder, version, regime)),
            let followed = try? Background(file), followed.mean.shape == background.mean.shape
        {
            drift.background = followed
        }
        return drift
    }
}
