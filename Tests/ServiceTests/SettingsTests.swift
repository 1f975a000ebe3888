import Alerting
import Analysis
import FoundationEssentials
import Imaging
import Service
import Streams
import Testing

@Suite struct SettingsTests {
    @Test func aCompleteFileIsReadWhole() throws {
        let settings = try Settings.parse(
            """
            model: /models/small
            database: events.sqlite
            profiles: ./profiles
            compute_threads: 2
            frames_at_once: 2
            log_format: json
            cameras:
              - name: yard
                source: rtsp://operator@10.0.0.7:554/stream1
                snapshot_source: rtsp://operator@10.0.0.7:554/stream0
                password_file: /etc/monitord/yard.pass
                analysis_fps: 2.5
                profile: yard-2
                verdict_log: yard.ndjson
                rules: {enter: 4.5, exit: 3, confirm_frames: 2, confirm_window: 4, quiet_seconds: 8, max_minutes: 0.5}
                zones:
                  - {name: lawn, kind: include, polygon: [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]}
                  - {name: road, kind: ignore, polygon: [[0, 0], [1, 0], [0.5, 0.2]]}
                  - name: window
                    kind: privacy
                    polygon:
                      - [0.1, 0.1]
                      - [0.2, 0.1]
                      - [0.2, 0.3]
              - name: gate_2
                source: clips/gate.mp4
                pace: maximum
              - {name: no, source: /pictures, frame_rate: 10, analysis_fps: 0, motion_gate: always}
              - name: hall
                source: https://operator@10.0.0.8/live.m3u8
                transport: udp
                tls_verify: false
                tls_authorities: own.pem
                hardware_decoding: vaapi
              - {name: usb, source: "v4l2:/dev/v4l/by-id/a", device: {format: y16_be, width: 640, height: 480, fps: 9}}
            """, file: "/etc/monitord/monitord.yaml")
        #expect(settings.model == "/models/small")
        #expect(settings.database == "/etc/monitord/events.sqlite")
        #expect(settings.profiles == "/etc/monitord/./profiles")
        #expect(settings.computeThreads == 2 && settings.framesAtOnce == 2)
        #expect(settings.logFormat == .json)
        #expect(settings.cameras.map(\.name) == ["yard", "gate_2", "no", "hall", "usb"])
        let yard = settings.cameras[0]
        #expect(yard.source.unredacted == "rtsp://operator@10.0.0.7:554/stream1")
        #expect(yard.snapshotSource?.unredacted == "rtsp://operator@10.0.0.7:554/stream0")
        #expect(settings.cameras[1].snapshotSource == nil)
        #expect(yard.passwordFile == "/etc/monitord/yard.pass")
        #expect(yard.analysisRate == 2.5)
        #expect(yard.profile == "yard-2")
        #expect(yard.verdictLog == "/etc/monitord/yard.ndjson")
        #expect(yard.rules.enter == 4.5 && yard.rules.exit == 3)
        #expect(yard.rules.confirmFrames == 2 && yard.rules.confirmWindow == 4)
        #expect(yard.rules.quietTime == .seconds(8) && yard.rules.maximumDuration == .seconds(30))
        #expect(settings.cameras[1].pace == .maximum)
        #expect(yard.zones.map(\.name) == ["lawn", "road", "window"])
        #expect(yard.zones.map(\.kind) == [.include, .ignore, .privacy])
        #expect(yard.confirmation.zones == ZoneMap(yard.zones))
        #expect(yard.privacy.map(\.points) == [[.init(0.1, 0.1), .init(0.2, 0.1), .init(0.2, 0.3)]])
        #expect(settings.cameras[1].source.unredacted == "/etc/monitord/clips/gate.mp4")
        #expect(settings.cameras[2].frameRate == 10 && settings.cameras[2].analysisRate == 0)
        #expect(settings.cameras.map(\.motionGating) == [.auto, .auto, .always, .auto, .auto])
        let hall = try settings.cameras[3].sourceDescription(environment: [:])
        #expect(hall.transport == .udp && !hall.verifiesCertificate && hall.authorities == "/etc/monitord/own.pem")
        #expect(hall.hardwareDecoding == .vaapi && hall.url.kind == .http)
        let device = try settings.cameras[4].sourceDescription(environment: [:])
        #expect(device.url.kind == .device && device.device.format == .y16be && device.device.framesPerSecond == 9)
        #expect(device.device.width == 640 && device.device.height == 480)
    }

    @Test func whatIsLeftOutHasItsDefault() throws {
        let settings = try Settings.parse("cameras: [{name: a, source: /v.mp4}]", file: "m.yaml")
        var expected = Settings()
        expected.cameras = [CameraSettings(name: "a", source: SourceAddress("/v.mp4"))]
        #expect(settings == expected)
        #expect(expected.cameras[0].rules.enter == nil && expected.cameras[0].profile == "a")
        #expect(expected.cameras[0].analysisRate == 5 && expected.cameras[0].pace == .realtime)
    }

    /// Each broken file with exactly the lines that it gives.
    static let broken: [(String, [String])] = [
        ("", ["m.yaml:1:1: the file is empty; at least `cameras` is needed"]),
        ("cameras", ["m.yaml:1:1: expected keys with values, found a single value"]),
        ("model: /m", ["m.yaml:1:1: cameras: is missing"]),
        ("cameras: []", ["m.yaml:1:10: cameras: expected a list of at least one camera"]),
        ("cameras: yard", ["m.yaml:1:10: cameras: expected a list of at least one camera"]),
        ("cameras:\n  - yard", ["m.yaml:2:5: cameras[0]: expected keys with values, found a single value"]),
        ("cameras:\n  - name: a", ["m.yaml:2:5: cameras[0].source: is missing"]),
        ("cameras: [{source: /v}]", ["m.yaml:1:11: cameras[0].name: is missing"]),
        (
            "cameras: [{name: Yard 1, source: /v}]",
            ["m.yaml:1:18: cameras[0].name: may have lower-case letters, digits, `-` and `_`, found `Yard 1`"]
        ),
        (
            "cameras:\n  - {name: a, source: /v}\n  - {name: a, source: /w}",
            ["m.yaml:3:12: cameras[1].name: another camera is named `a`, too"]
        ),
        (
            "cameras: [{name: a, source: /v, analysis_fsp: 3}]",
            ["m.yaml:1:33: cameras[0].analysis_fsp: unknown key; did you mean `analysis_fps`?"]
        ),
        (
            "cameras: [{name: a, source: /v, snapshot_source: main.mp4}]",
            [
                "m.yaml:1:50: cameras[0].snapshot_source: must be the rtsp:// or rtsps:// address of a stream of this camera"
            ]
        ),
        (
            "cameras: [{name: a, source: /v, snapshot_source: 'rtsp://u:p@h/1'}]",
            [
                "m.yaml:1:50: cameras[0].snapshot_source: holds a password; write it into a file of its own and name that in password_file"
            ]
        ),
        ("cameras: [{name: a, source: /v}]\nfoo: 1", ["m.yaml:2:1: foo: unknown key"]),
        ("Model: 1\ncameras: [{name: a, source: /v}]", ["m.yaml:1:1: Model: unknown key; did you mean `model`?"]),
        (
            "cameras: [{name: a, source: /v, pace: realtme}]",
            ["m.yaml:1:39: cameras[0].pace: expected realtime, maximum, found `realtme`; did you mean `realtime`?"]
        ),
        (
            "cameras: [{name: a, source: /v, motion_gate: nevr}]",
            ["m.yaml:1:46: cameras[0].motion_gate: expected auto, always, never, found `nevr`; did you mean `never`?"]
        ),
        (
            "cameras: [{name: a, source: /v, analysis_fps: fast}]",
            ["m.yaml:1:47: cameras[0].analysis_fps: expected a number, found `fast`"]
        ),
        (
            "cameras: [{name: a, source: /v, analysis_fps: \"5\"}]",
            ["m.yaml:1:47: cameras[0].analysis_fps: expected a number, found `5`"]
        ),
        (
            "cameras: [{name: a, source: /v, analysis_fps: -1}]",
            ["m.yaml:1:47: cameras[0].analysis_fps: must be from 0 to 240, is -1"]
        ),
        (
            "cameras: [{name: a, source: /v, analysis_fps: 0.2}]",
            ["m.yaml:1:47: cameras[0].analysis_fps: must allow at least two frames within rules.quiet_seconds"]
        ),
        (
            "compute_threads: 1.5\ncameras: [{name: a, source: /v}]",
            ["m.yaml:1:18: compute_threads: expected a whole number, found 1.5"]
        ),
        (
            "compute_threads:\ncameras: [{name: a, source: /v}]",
            ["m.yaml:1:17: compute_threads: expected a number, found nothing"]
        ),
        (
            "cameras: [{name: a, source: /v, transport: tpc, tls_verify: no, device: {fmt: y16}}]",
            [
                "m.yaml:1:44: cameras[0].transport: expected tcp, udp, auto, found `tpc`",
                "m.yaml:1:61: cameras[0].tls_verify: expected true or false, found `no`",
                "m.yaml:1:74: cameras[0].device.fmt: unknown key",
            ]
        ),
        ("model: [a]\ncameras: [{name: a, source: /v}]", ["m.yaml:1:8: model: expected text, found a list"]),
        (
            "cameras: [{name: a, source: /v, rules: {enter: 3, exit: 3}}]",
            ["m.yaml:1:57: cameras[0].rules.exit: must be below enter (3.0), is 3.0"]
        ),
        (
            "cameras: [{name: a, source: /v, rules: {confirm_frames: 6}}]",
            ["m.yaml:1:57: cameras[0].rules.confirm_frames: must be at most confirm_window (5)"]
        ),
        (
            "cameras: [{name: a, source: /v, rules: {quiet_seconds: 60, max_minutes: 1}}]",
            ["m.yaml:1:73: cameras[0].rules.max_minutes: must be longer than quiet_seconds"]
        ),
        (
            "cameras: [{name: a, source: /v, rules: 3}]",
            ["m.yaml:1:40: cameras[0].rules: expected keys with values, found a single value"]
        ),
        ("cameras: [{name: a, source: /v}]\ncameras: []", ["m.yaml:1:1: given twice: `cameras`"]),
        (
            "log_format: xml\ncompute_threads: 0\ncameras:\n  - name: a\n    sorce: /v",
            [
                "m.yaml:1:13: log_format: expected auto, text, json, found `xml`",
                "m.yaml:2:18: compute_threads: must be from 1 to 256, is 0",
                "m.yaml:4:5: cameras[0].source: is missing",
                "m.yaml:5:5: cameras[0].sorce: unknown key; did you mean `source`?",
            ]
        ),
    ]

    @Test(arguments: broken)
    func everyMistakeIsLocatedAndExplained(text: String, lines: [String]) {
        let error = #expect(throws: ServiceError.self) { try Settings.parse(text, file: "m.yaml") }
        #expect(error?.code == .settings)
        #expect(error?.message.split(separator: "\n").map(String.init) == lines)
        #expect(error?.issues.count == lines.count)
    }

    @Test(arguments: [
        "a: b: c", "cameras: [", "\tx: 1", "a: 'b", "a: &x *x", "%YAML 9", "a: 1\n--- \nb: 2", "x: !!int [}",
    ])
    func invalidYAMLIsLocated(text: String) {
        let error = #expect(throws: ServiceError.self) { try Settings.parse(text, file: "m.yaml") }
        #expect(error?.code == .settings)
        #expect(error?.message.hasPrefix("m.yaml:") == true)
    }

    @Test func noDamagedFileIsAcceptedOrFatal() throws {
        // Every piece of a good file, and the file with each byte replaced.
        let good = Array("cameras:\n  - name: ab\n    source: /v\n    rules: {enter: 4, exit: 3}\n".utf8)
        for length in 0..<good.count {
            let text = String(decoding: good[..<length], as: UTF8.self)
            if let settings = try? Settings.parse(text, file: "m") { #expect(settings.cameras.count == 1) }
        }
        for index in good.indices {
            for byte in [UInt8(ascii: ":"), UInt8(ascii: "\t"), UInt8(ascii: "["), 0, 255, UInt8(ascii: "&")] {
                var damaged = good
                damaged[index] = byte
                if let settings = try? Settings.parse(String(decoding: damaged, as: UTF8.self), file: "m") {
                    #expect(settings.cameras.count == 1 && !settings.cameras[0].name.isEmpty)
                }
            }
        }
    }

    @Test func aFileThatCannotBeReadIsReported() {
        let missing = #expect(throws: ServiceError.self) { try Settings.load("/nonexistent/m.yaml") }
        #expect(missing?.code == .unreadable)
        #expect(missing?.message == "the settings file /nonexistent/m.yaml cannot be read: No such file or directory")
        let folder = #expect(throws: ServiceError.self) { try Settings.load("/tmp") }
        #expect(folder?.code == .unreadable)
    }

    @Test func `the sweep fits twice into the quiet time`() {
        var camera = CameraSettings(name: "a", source: SourceAddress("/v.mp4"))
        #expect(camera.analysis(isLossless: false) == AnalysisRate(framesPerSecond: 5))
        camera.rules.quietTime = .seconds(2)
        camera.motionGating = .never
        let expected = AnalysisRate(
            framesPerSecond: 5, motionGating: .never, sweep: .milliseconds(900), isLossless: true)
        #expect(camera.analysis(isLossless: true) == expected)
    }
}
