package import Imaging
internal import ModelFiles
internal import Tensors

/// What the analysis of one camera remembers from frame to frame.
package struct CameraMemory: Sendable {
    private var recogniser = RegimeRecogniser()
    private var watch = PictureWatch()
    /// The frame looked at last, and its light.
    private var seen: UInt64?
    private var light = Light.steady(.day)
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

    /// Looks at the next frame as a whole: its light, and whether the picture is in order. Cheap enough for every frame that
    /// the camera's stage takes, also for those that no detector will see; judging a frame looks at it unless this was
    /// done.
    /// - Returns: what is wrong with the picture from this frame on, or no longer.
    package mutating func look(at frame: Frame) -> [PictureChange] {
        light = recogniser.observe(frame.pixels, at: frame.presentationTime)
        seen = frame.sequence
        // What lingered in another regime says nothing in this one.
        if light.regime != last { history = LingeringHistory() }
        last = light.regime
        return watch.observe(frame.pixels, at: frame.presentationTime, light: light)
    }

    /// The light of a frame.
    mutating func light(of frame: Frame) -> Light {
        if seen != frame.sequence { _ = look(at: frame) }
        return light
    }

    /// What is wrong with the picture now.
    var conditions: Set<PictureCondition> { watch.present }

    /// See `Verdict.isViewHidden`.
    var isViewHidden: Bool { watch.isViewHidden }

    /// What the picture shows now is normal; see `PictureWatch.accept`.
    mutating func acceptPicture() { watch.accept() }

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
