internal import Imaging

/// Renders a whole scene into a video file with its annotation.
public enum SceneVideo {
    /// Visible scenes become H.264, thermal ones FFV1 (use a `.mkv` path for those).
    ///
    /// - Parameter truthPath: where the annotation goes; nil writes none.
    /// - Returns: the annotation.
    /// - Throws: `ScenesError`.
    @discardableResult
    public static func write(
        _ scene: SceneDescription, to path: String, truthPath: String? = nil, options: VideoEncoder.Options = .init()
    ) throws(ScenesError) -> GroundTruthFile {
        let renderer = SceneRenderer(scene)
        let encoder = try VideoEncoder(
            path: path, width: scene.width, height: scene.height, format: scene.spectrum == .visible ? .rgb24 : .gray16,
            framesPerSecond: scene.framesPerSecond, codec: scene.spectrum == .visible ? .h264 : .ffv1, options: options)
        var annotation = GroundTruthFile(scene: scene)
        for index in 0..<scene.frameCount {
            let (pixels, truth) = renderer.render(index)
            try encoder.write(pixels)
            annotation.append(truth)
        }
        try encoder.finish()
        if let truthPath { try annotation.write(to: truthPath) }
        return annotation
    }
}
