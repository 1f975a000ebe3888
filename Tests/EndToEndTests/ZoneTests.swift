import Alerting
import FaultLab
import Foundation
import Imaging
import TestSupport
import Testing

/// Zones in the real programs: what is private is black, what is ignored opens nothing, and the operator can see them.
@Suite(.serialized)
struct ZoneTests {
    private static let zones = """
        , zones: [{name: shop, kind: privacy, polygon: [[0.7, 0], [1, 0], [1, 1], [0.7, 1]]}, \
        {name: left, kind: ignore, polygon: [[0, 0], [0.35, 0], [0.35, 1], [0, 1]]}, \
        {name: all, kind: include, polygon: [[0, 0], [1, 0], [1, 1], [0, 1]]}]
        """
    private static let nervous = """
        , pace: maximum, analysis_fps: 2, learn_minutes: 0, rules: {enter: 0.5, exit: 0.2, confirm_frames: 1, \
        confirm_window: 1, quiet_seconds: 2, max_minutes: 0.1}
        """

    @Test func `privacy zones are black in every picture and ignore zones open nothing`() async throws {
        let camera = try await LearnedCamera.shared
        let site = try Site(cameras: [#"name: yard, source: "\#(camera.quiet)""# + Self.nervous + Self.zones])
        try FileManager.default.copyItem(atPath: camera.profiles, toPath: site.profiles)
        let watched = try await site.run(.monitord, ["--until-end"])
        #expect(watched.status == 0 && watched.complaints == [], "\(watched.errors)")
        #expect(watched.errors.contains("was learned with other privacy zones"), "\(watched.errors)")

        let reader = try EventReader(path: site.database)
        let events = try reader.events().events
        try #require(!events.isEmpty)
        var pictures = 0
        for event in events {
            // What touches the ignore zone may count; what lies in it does not.
            #expect(event.box.x2 > 0.35 * Float(event.width) && event.box.x1 < 0.7 * Float(event.width), "\(event.box)")
            #expect(event.zones == ["all"])
            guard let snapshot = try reader.snapshot(event.id, .clean) else { continue }
            pictures += 1
            try checkPrivacy(of: try JPEG.decode(snapshot.jpeg))
        }
        #expect(pictures > 0)

        let picture = site.folder.file("zones.png")
        let checked = try await site.run(.monitorctl, ["zones", "check", "--camera", "yard", "-o", picture])
        #expect(checked.status == 0 && checked.errors.contains("wrote \(picture)"), "\(checked.errors)")
        #expect(checked.output.contains("all covers the whole picture: it changes nothing"), "\(checked.output)")
        #expect(checked.output.contains("things count in 35.0 % of the picture"), "\(checked.output)")
        #expect(try Data(contentsOf: URL(filePath: picture)).starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }

    @Test func `zones are drawn over a picture of a file and refused where there is none`() async throws {
        let camera = try await LearnedCamera.shared
        let site = try Site(cameras: [#"name: yard, source: "\#(camera.quiet)""# + Self.zones, camera.yaml()])
        let picture = site.folder.file("zones.jpg")
        func check(_ arguments: [String]) async throws -> Program.Outcome {
            try await site.run(.monitorctl, ["zones", "check"] + arguments)
        }
        let drawn = try await check(["--camera", "yard", "--picture", camera.quiet, "-o", picture])
        #expect(drawn.status == 78 && drawn.errors.contains("another camera is named `yard`"))
        let sound = try Site(cameras: [#"name: yard, source: "\#(camera.quiet)""# + Self.zones])
        for source in [["--picture", camera.quiet], ["--live"]] {
            let drawn = try await sound.run(
                .monitorctl, ["zones", "check", "--camera", "yard", "-o", picture] + source)
            #expect(drawn.status == 0, "\(drawn.errors)")
            let pixels = try JPEG.decode([UInt8](try Data(contentsOf: URL(filePath: picture))))
            // Three times as large as the camera's, so that names can be read.
            #expect(pixels.width == 960 && pixels.height == 540)
        }
        let nowhere = try await sound.run(.monitorctl, ["zones", "check", "--camera", "yard", "-o", picture])
        #expect(nowhere.status == 74 && nowhere.errors.contains("no event database"), "\(nowhere.errors)")
        let unknown = try await sound.run(.monitorctl, ["zones", "check", "--camera", "gate"])
        #expect(unknown.status == 78 && unknown.errors.contains("has no camera gate; it has: yard"))
        let bare = try await sound.run(.monitorctl, ["zones", "check", "--camera", "yard"])
        #expect(bare.status == 0 && bare.output.contains("include") && bare.errors == "")
        let odd = try await sound.run(.monitorctl, ["zones", "check", "--camera", "yard", "-o", "zones.gif"])
        #expect(odd.status == 64)
    }

    private func checkPrivacy(of picture: PixelBuffer) throws {
        var lit = 0
        for y in 0..<picture.height {
            for x in 0..<picture.width {
                let place = y * picture.bytesPerRow + x * picture.format.bytesPerPixel
                let brightest = picture.bytes[place..<place + picture.format.bytesPerPixel].max() ?? 0
                // Compression works on blocks.
                if x > picture.width * 7 / 10 + 16 {
                    try #require(brightest < 16, "(\(x), \(y))")
                } else if x < picture.width * 7 / 10 - 16, brightest > 40 {
                    lit += 1
                }
            }
        }
        #expect(lit > picture.width * picture.height / 10)
    }
}
