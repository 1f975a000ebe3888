import Alerting
import Analysis
import Basics
import FaultLab
import Foundation
import Imaging
import TestSupport
import Testing

/// The daemon watches a camera's small stream and takes the pictures of its events from the large one.
@Suite(.serialized, .enabled(if: CameraServer.isInstalled, "GStreamer's RTSP server is not installed"))
struct MainStreamTests {
    /// Ordinary frames open events with these.
    private static let nervous =
        ", analysis_fps: 4, profile: gate, learn_minutes: 0"
        + ", rules: {enter: 0.5, exit: 0.2, confirm_frames: 1, confirm_window: 1, quiet_seconds: 2, max_minutes: 0.1}"
        // Where the number changes all the time, but below the row in which it is read.
        + ", zones: [{name: window, kind: privacy, polygon: [[0, 0.7], [0.2, 0.7], [0.2, 0.95], [0, 0.95]]}]"

    private func pictures(
        _ site: Site, of camera: String, _ kind: EventSnapshot.Kind
    ) throws -> [(event: Event, snapshot: EventSnapshot)] {
        guard FileManager.default.fileExists(atPath: site.database) else { return [] }
        let reader = try EventReader(path: site.database)
        return try site.events().filter { $0.camera == camera }.compactMap { event in
            try reader.snapshot(event.id, kind).map { (event, $0) }
        }
    }

    /// The number that the server painted.
    private func number(_ pixels: PixelBuffer) -> Int {
        let row = pixels.height / 2 * pixels.bytesPerRow
        let bar = pixels.width / 16
        return (0..<16).reduce(0) { $0 | (pixels.bytes[row + ($1 * bar + bar / 2) * 3] > 127 ? 1 << $1 : 0) }
    }

    @Test func `events are pictured by the main stream where there is one, and by the detect stream otherwise`()
        async throws
    {
        let server = try await CameraServer(arguments: ["--size", "1280x768"])
        defer { server.kill() }
        let address = "rtsp://127.0.0.1:\(server.port)"
        let site = try Site(
            cameras: [("gate", "main"), ("blind", "nowhere")].map { name, path in
                #"name: \#(name), source: "\#(address)/cam", snapshot_source: "\#(address)/\#(path)""# + Self.nervous
            })
        let learned = try await site.run(
            .monitorctl, ["learn", "--camera", "gate", "--fps", "0", "--frames", "100", "--duration", "120s"])
        try #require(learned.status == 0, "\(learned.errors)")

        let daemon = try site.start(.monitord)
        let isDone = try await daemon.wait(upTo: .seconds(90), every: .milliseconds(500)) { _ in
            let sharp = try? pictures(site, of: "gate", .clean).count { $0.snapshot.stream == .main }
            return (sharp ?? 0) >= 2 && (try? pictures(site, of: "blind", .clean).isEmpty) == false
        }
        #expect(isDone, "\(daemon.errors)")
        let status = try await site.run(.monitorctl, ["status", "--json"])
        #expect(status.output.contains("main stream: ") && status.output.contains("no stream at this path"))
        daemon.signal(SIGTERM)
        let stopped = try await daemon.finish(limit: .seconds(20))
        #expect(stopped.status == 0 && stopped.complaints == [], "\(stopped.errors)")
        #expect(stopped.errors.contains("main stream: ") && stopped.errors.contains("1280x768"))

        let sharp = try pictures(site, of: "gate", .clean).filter { $0.snapshot.stream == .main }
        // What the pictures show and when they are said to be from go together.
        var clocks: [Int64] = []
        for (event, snapshot) in sharp {
            let picture = try JPEG.decode(snapshot.jpeg)
            #expect(picture.width == 1280 && picture.height == 768 && event.width == 320)
            checkPrivacy(of: picture)
            clocks.append(snapshot.timeMs - Int64(number(picture)) * 50)
        }
        #expect((clocks.max() ?? 0) - (clocks.min() ?? 0) <= 300, "\(clocks)")
        for (event, snapshot) in try pictures(site, of: "gate", .annotated) where snapshot.stream == .main {
            try checkBox(of: event, in: try JPEG.decode(snapshot.jpeg), sequence: snapshot.sequence)
        }
        let small = try pictures(site, of: "blind", .clean)
        #expect(small.allSatisfy { $0.snapshot.stream == .detect })
        for (_, snapshot) in small { checkPrivacy(of: try JPEG.decode(snapshot.jpeg)) }
        #expect(try EventReader(path: site.database).problems() == [])
    }

    /// The privacy zone is black, but for what compression makes of its border; the rest of its rows is not.
    private func checkPrivacy(of picture: PixelBuffer) {
        var lit = 0
        for y in picture.height * 72 / 100..<picture.height * 93 / 100 {
            for x in 0..<picture.width {
                let place = y * picture.bytesPerRow + 3 * x
                let brightest = picture.bytes[place..<place + 3].max() ?? 0
                if x < picture.width * 16 / 100 {
                    #expect(brightest < 16)
                } else if x > picture.width * 24 / 100, brightest > 60 {
                    lit += 1
                }
            }
        }
        #expect(lit > 100)
    }

    /// The upper or lower edge of the box, which no caption can hide both of, is coloured where the small frame's box says.
    private func checkBox(of event: Event, in picture: PixelBuffer, sequence: UInt64) throws {
        guard event.peak.sequence == sequence else { return }
        let track = event.peak
        let (across, down) = (picture.width / event.width, picture.height / event.height)
        #expect(across == 4 && down == 4)
        let x = min(picture.width - 1, Int(track.box.centre.x * Float(across)))
        func isColoured(_ y: Float) -> Bool {
            (-4...4).contains { shift in
                let row = max(0, min(picture.height - 1, Int(y * Float(down)) + shift))
                let place = row * picture.bytesPerRow + 3 * x
                let samples = (0..<3).map { Int(picture.bytes[place + $0]) }
                return (samples.max() ?? 0) - (samples.min() ?? 0) > 60
            }
        }
        #expect(isColoured(track.box.y1) || isColoured(track.box.y2), "\(track.box)")
    }
}
