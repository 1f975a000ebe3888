import Basics
import Capture
import FaultLab
import FoundationEssentials
import Imaging
import Scenes
import Streams
import Testing

/// A folder that lives as long as the value.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/capture-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ bytes: [UInt8], _ name: String) throws -> String {
        try Data(bytes).write(to: URL(filePath: "\(path)/\(name)"))
        return "\(path)/\(name)"
    }

    func read(_ file: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: file))) }

    /// A rendered H.264 (or FFV1) video.
    func video(
        _ name: String, frames: Int = 30, rate: Double = 10, width: Int = 160, height: Int = 96,
        spectrum: SceneDescription.Spectrum = .visible, container: String? = nil
    ) throws -> String {
        var options = VideoEncoder.Options()
        options.container = container
        options.rateFactor = 18
        options.keyFrameInterval = 10
        let scene = SceneDescription(
            width: width, height: height, framesPerSecond: rate, seconds: Double(frames) / rate, seed: 8,
            spectrum: spectrum)
        try SceneVideo.write(scene, to: "\(path)/\(name)", options: options)
        return "\(path)/\(name)"
    }
}

/// Collects what a session reports.
final class EventLog: Sendable {
    private let list = Locked<[CaptureEvent]>([])

    /// A copy of its own: ThreadSanitizer cannot see that a shared array is only written once nobody else holds it.
    var events: [CaptureEvent] { list.withLock { $0.map { $0 } } }

    func append(_ event: CaptureEvent) { list.withLock { $0.append(event) } }

    var connections: Int { events.filter { if case .connected = $0 { true } else { false } }.count }

    var failure: StreamError? {
        for case .failed(let error) in events { return error }
        return nil
    }

    var firstLoss: StreamError? {
        for case .lost(let error) in events { return error }
        return nil
    }
}

func source(
    _ text: String, pace: SourceDescription.Pace = .maximum, loops: Bool = false,
    openTimeout: Duration = .seconds(5), stallTimeout: Duration? = nil
) throws -> SourceDescription {
    SourceDescription(
        url: try CameraURL(text), pace: pace, loops: loops, openTimeout: openTimeout, stallTimeout: stallTimeout)
}

/// Takes frames until the end, or until `limit`.
func drain(_ mailbox: FrameMailbox, limit: Int = .max, seconds: Int = 20, each: (Frame) -> Void = { _ in }) -> [Frame] {
    var frames: [Frame] = []
    while frames.count < limit {
        switch mailbox.take(timeout: .seconds(seconds)) {
        case .frame(let frame):
            each(frame)
            frames.append(frame)
        case .nothing, .ended: return frames
        }
    }
    return frames
}

func captureError(_ body: () throws -> Void) -> StreamError? {
    do { try body() } catch { return error as? StreamError }
    return nil
}

func elapsed(_ body: () throws -> Void) rethrows -> Duration {
    let clocks = SystemClocks()
    let start = clocks.monotonic()
    try body()
    return clocks.monotonic() - start
}

/// The number that a camera of the fault laboratory painted into the frame.
func number(_ frame: Frame) -> Int {
    let pixels = frame.pixels
    let row = pixels.height / 2 * pixels.bytesPerRow
    return Clip.number(width: pixels.width) { pixels.bytes[row + $0 * 3] }
}
