internal import Imaging
internal import ModelFiles
internal import Tensors

/// What the analysis of one camera remembers from frame to frame.
package struct CameraMemory: Sendable {
    var recogniser = RegimeRecogniser()
    var history = LingeringHistory()
    /// One for each regime that was judged with the present version.
    private var drifts: [Regime: BackgroundDrift] = [:]
    private let folder: String?
    private var last: Regime?

    /// - Parameter folder: where `save` keeps what was followed; nil keeps nothing.
    package init(folder: String? = nil) { self.folder = folder }

    /// Tells how many frames a second would be judged if there were time for all, or nil: with fewer, what lingers is judged
    /// from half as many as usual, so over a longer time.
    mutating func expect(framesPerSecond: Double?) {
        guard let framesPerSecond else { return }
        history.fewestMaps = LingeringHistory.usualMaps(framesPerSecond: framesPerSecond) / 2
    }

    /// Looks at the light of the next frame. What lingered in another regime says nothing in this one.
    mutating func observe(_ frame: Frame) -> Light {
        let light = recogniser.observe(frame.pixels, at: frame.presentationTime)
        if light.regime != last { history = LingeringHistory() }
        last = light.regime
        return light
    }

    /// What the cells usually look like by now.
    mutating func background(_ known: PixelNormality, _ regime: Regime, version: Int) -> Background {
        if let drift = drifts[regime], drift.version == version { return drift.background }
        let drift = BackgroundDrift.resume(known.background, version: version, regime: regime, folder: folder)
        drifts[regime] = drift
        return drift.background
    }

    /// See `BackgroundDrift.follow`.
    mutating func follow(
        _ patches: Tensor, surprise: [Float], exit: Float, at time: Duration, _ regime: Regime
    ) {
        drifts[regime]?.follow(patches, surprise: surprise, exit: exit, at: time)
    }

    /// Keeps what was followed for the next start.
    func save() throws(ModelFileError) {
        guard let folder else { return }
        for drift in drifts.values { try drift.write(folder: folder) }
    }
}
