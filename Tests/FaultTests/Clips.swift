import FaultLab
import TestSupport

/// Recordings that the cameras send, made once.
enum Clips {
    static let bars = made { try Clip.bars(Array(0..<60)) }
    static let large = made { try Clip.bars(Array(0..<30), size: "640:384") }
    static let h265 = made { try Clip.bars(Array(0..<60), codec: .h265) }
    static let seldomKeys = made { try Clip.bars(Array(0..<60), keyEvery: 30) }
    static let jpeg = made { try Clip.bars(Array(0..<60), codec: .jpeg) }
    /// A street with its noise.
    static let scene = made {
        let folder = TemporaryFolder()
        try Tool.run(
            Program.monitorctl.path,
            ["scene", "clip", folder.file("scene.mp4"), "--seconds", "40", "--fps", "5", "--seed", "5"]
                + ["--width", "320", "--height", "192"])
        return try Clip(file: folder.file("scene.mp4"))
    }
    static let dark = made {
        try Clip(gray: [UInt8](repeating: 0, count: 30 * Clip.width * Clip.height), codec: .h264)
    }
    static let flood = made { try Clip.bars(Array(0..<30), keyEvery: 30, size: "1920:1080") }

    private static func made(_ make: () throws -> Clip) -> Clip {
        do { return try make() } catch { fatalError("no clip for the tests: \(error)") }
    }
}
