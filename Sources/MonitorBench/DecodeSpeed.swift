import Basics
import Capture
import Scenes
import Streams

/// How fast recorded video is read.
enum DecodeSpeed {
    /// Renders an H.264 clip of the scene and reads it to its end as fast as it goes.
    /// - Returns: frames per second, the best of three readings.
    static func measure(_ scene: BenchScene, frames: Int, clocks: some Clocks) throws -> Double {
        let folder = try TemporaryFolder()
        let path = folder.path + "/clip.mp4"
        var description = scene.description
        description.seconds = Double(frames) / description.framesPerSecond
        try SceneVideo.write(description, to: path)
        var best = 0.0
        for _ in 0..<3 {
            let reader = try FrameReader(SourceDescription(url: CameraURL(path), pace: .maximum), clocks: clocks)
            var count = 0
            let start = clocks.monotonic()
            while try reader.read() != nil { count += 1 }
            let seconds = Double((clocks.monotonic() - start).nanoseconds) / 1e9
            best = max(best, Double(count) / max(seconds, 1e-9))
        }
        return best
    }
}
