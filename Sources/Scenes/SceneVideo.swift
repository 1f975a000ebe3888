internal import Imaging

/// Renders a whole scene into a video file with its annotation.
public enum SceneVideo {
    /// Visible scenes become H.264, thermal ones FFV1 (use a `.mkv` path for those).
    ///
    /// - Parameters:
    ///   - from: frames before this one are left out; the annotation counts from the first frame of the video.
    ///   - truthPath: where the annotation goes; nil writes none.
    ///   - progress: called after every frame with the share that is done.
    /// - Returns: the annotation.
    /// - Throws: `ScenesError`.
    @discardableResult
    public static func write(
        _ scene: SceneDescription, from firstFrame: Int = 0, to path: String, truthPath: String? = nil,
        options: VideoEncoder.Options = .init(), progress: (Double) -> Void = { _ in }
    ) throws(ScenesError) -> GroundTruthFile {
        let renderer = SceneRenderer(scene)
        let encoder = try VideoEncoder(
            path: path, width: scene.width, height: scene.height, format: scene.spectrum == .visible ? .rgb24 : .gray16,
            framesPerSecond: scene.framesPerSecond, codec: scene.spectrum == .visible ? .h264 : .ffv1, options: options)
        var annotation = GroundTruthFile(scene: scene)
        for index in firstFrame..<scene.frameCount {
            let (pixels, truth) = renderer.render(index)
            try encoder.write(pixels)
            annotation.append(truth, as: index - firstFrame)
            progress(Double(index - firstFrame + 1) / Double(scene.frameCount - firstFrame))
        }
        try encoder.finish()
        if let truthPath { try annotation.write(to: truthPath) }
        return annotation
    }
}
