import Basics
import Capture
import Dispatch
import FaultLab
import Imaging
import Scenes
import Streams
import TestSupport
import Testing

/// Nothing that comes out of capture shows what privacy zones hide, whichever way it comes.
@Suite struct PrivacyTests {
    private static let place = DecodingPlace.process(executable: BuiltPrograms.path("monitor-decoder"))

    /// The right half, and a triangle in the left upper corner.
    private static let zones: [Polygon] = [
        [(0.5, 0), (1, 0), (1, 1), (0.5, 1)], [(0, 0), (0.25, 0), (0, 0.5)],
    ].compactMap { points in try? Polygon(points.map { Polygon.Point($0.0, $0.1) }) }

    /// Whether a pixel is well inside or well outside; nil at the border.
    private static func isHidden(_ x: Int, _ y: Int, _ picture: PixelBuffer) -> Bool? {
        let corners = [(-2, -2), (3, -2), (-2, 3), (3, 3)].map { shift in
            let (column, row) = (
                Double(x + shift.0) / Double(picture.width), Double(y + shift.1) / Double(picture.height)
            )
            return column >= 0.5 || column * 2 + row < 0.5
        }
        return Set(corners).count == 1 ? corners[0] : nil
    }

    /// Compares a picture with the one without zones.
    private func check(_ picture: PixelBuffer, _ bare: PixelBuffer) throws {
        try #require(picture.width == bare.width && picture.height == bare.height && picture.format == bare.format)
        let size = picture.format.bytesPerPixel
        var (hidden, shown, lit) = (0, 0, 0)
        for y in 0..<picture.height {
            for x in 0..<picture.width {
                guard let isHidden = Self.isHidden(x, y, picture) else { continue }
                let place = (y * picture.width + x) * size
                let (samples, before) = (picture.bytes[place..<place + size], bare.bytes[place..<place + size])
                if !isHidden {
                    shown += 1
                    #expect(samples.elementsEqual(before))
                } else if picture.format == .gray16 {
                    hidden += 1
                    #expect(samples.elementsEqual(picture.bytes[(picture.width - 1) * size..<picture.width * size]))
                } else {
                    hidden += 1
                    lit += before.contains { $0 > 30 } ? 1 : 0
                    #expect(samples.allSatisfy { $0 == 0 })
                }
            }
        }
        #expect(hidden > 1000 && shown > 1000 && (lit > 500 || picture.format == .gray16))
    }

    @Test(arguments: [place, .here], [SceneVideoFile.colour, .thermal])
    func framesOfFilesAndSessionsAreBlackThere(_ place: DecodingPlace, file: SceneVideoFile) throws {
        let folder = try TestFolder()
        let path = try file.write(in: folder)
        var hiding = try source(path)
        hiding.privacy = Self.zones
        let bare = Array(try FrameReader(try source(path), decoding: place, framesInUse: 40))
        let frames = Array(try FrameReader(hiding, decoding: place, framesInUse: 40))
        try #require(frames.count == bare.count && frames.count >= 10)
        for index in [0, 4, 9] { try check(frames[index].pixels, bare[index].pixels) }
        let session = CaptureSession(
            camera: "yard", source: hiding, clocks: SystemClocks(), decoding: place, onEvent: { _ in })
        session.start()
        let taken = drain(session.mailbox)
        #expect(taken.count == bare.count)
        for (frame, original) in zip(taken, frames) { #expect(frame.pixels.bytes.elementsEqual(original.pixels.bytes)) }
        session.stop()
    }

    @Test(
        .enabled(if: CameraServer.isInstalled, "GStreamer's RTSP server is not installed"), arguments: [place, .here])
    func picturesOfTheMainStreamAreBlackThere(_ place: DecodingPlace) async throws {
        let server = try await CameraServer(arguments: ["--size", "640x384"])
        defer { server.kill() }
        var description = try source("rtsp://127.0.0.1:\(server.port)/main")
        description.privacy = Self.zones
        let clocks = SystemClocks()
        let main = MainStream(
            camera: "yard", source: description, clocks: clocks, decoding: place, onEvent: { _ in })
        main.start()
        defer { main.stop() }
        let end = clocks.monotonic() + .seconds(30)
        var found: PixelBuffer?
        while found == nil, clocks.monotonic() < end {
            let answer = Locked<StillAnswer?>(nil)
            let isThere = DispatchSemaphore(value: 0)
            main.still(at: clocks.monotonic()) { still in
                answer.withLock { $0 = still }
                isThere.signal()
            }
            guard Self.wait(isThere) else { break }
            if case .still(let still) = answer.withLock({ $0 }) { found = still.pixels }
            clocks.sleep(for: .milliseconds(50))
        }
        let picture = try #require(found)
        var shown = 0
        for y in 0..<picture.height {
            for x in 0..<picture.width {
                guard let isHidden = Self.isHidden(x, y, picture) else { continue }
                let samples = picture.bytes[3 * (y * picture.width + x)..<3 * (y * picture.width + x) + 3]
                if isHidden {
                    #expect(samples.allSatisfy { $0 == 0 })
                } else if samples.contains(where: { $0 > 30 }) {
                    shown += 1
                }
            }
        }
        #expect(shown > 1000)
    }

    private static func wait(_ semaphore: DispatchSemaphore) -> Bool {
        semaphore.wait(timeout: .now() + 10) == .success
    }
}

/// A rendered clip.
enum SceneVideoFile: Sendable {
    case colour, thermal

    func write(in folder: TestFolder) throws -> String {
        switch self {
        case .colour: try folder.video("c.mp4", frames: 12)
        case .thermal: try folder.video("t.mkv", frames: 12, spectrum: .thermal)
        }
    }
}
