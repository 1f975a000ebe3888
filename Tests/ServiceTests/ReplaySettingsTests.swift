import Alerting
import Service
import Streams
import Testing

/// A recorded verdict log as a camera's source.
@Suite struct ReplaySettingsTests {
    private func camera(_ text: String) throws -> CameraSettings {
        try Settings.parse("cameras: [{name: yard, \(text)}]", file: "/etc/monitord/m.yaml").cameras[0]
    }

    @Test func `the log lies beside the settings unless its path is absolute`() throws {
        #expect(try camera(#"source: "verdicts:day.ndjson""#).source.verdictLog == "/etc/monitord/day.ndjson")
        #expect(try camera(#"source: "verdicts:/var/day.ndjson""#).source.verdictLog == "/var/day.ndjson")
        #expect(try camera("source: day.mp4").source.verdictLog == nil)
    }

    @Test func `thresholds without a profile are the operator's`() throws {
        #expect(try camera(#"source: "verdicts:day""#).fixedRules == nil)
        let rules = try #require(try camera(#"source: "verdicts:day", rules: {enter: 4}"#).fixedRules)
        #expect(rules.objects == EventRules.Thresholds(enter: 4, exit: 3) && rules.pixels == rules.objects)
        let both = try camera(#"source: "verdicts:day", rules: {enter: 4, exit: 1, confirm_frames: 2}"#).fixedRules
        #expect(both?.objects.exit == 1 && both?.confirmFrames == 2)
    }

    @Test func `it is opened by nobody who wants pictures`() throws {
        let camera = try camera(#"source: "verdicts:day""#)
        let error = #expect(throws: StreamError.self) { try camera.sourceDescription(environment: [:]) }
        #expect(error?.code == .unsupportedSource)
    }

    @Test(arguments: [
        (#"source: "verdicts:""#, "verdicts: needs the path of a recorded verdict log behind it"),
        (#"source: "verdicts:a", verdict_log: a"#, "is the log that is replayed; name another file"),
        (#"source: "verdicts:a", analysis_fps: 2"#, "concerns pictures, and a recorded verdict log has none"),
        (#"source: "verdicts:a", learn_minutes: 2"#, "concerns pictures, and a recorded verdict log has none"),
    ])
    func `what makes no sense with it is said`(text: String, message: String) throws {
        let error = #expect(throws: ServiceError.self) { try camera(text) }
        #expect(error?.issues.map(\.message) == [message])
    }
}
