import Alerting
import Imaging
import Service
import Streams
import Testing

@Suite struct ZoneSettingsTests {
    /// A camera whose zones begin in line 2, column 9.
    private static func settings(_ zones: String) -> String {
        "cameras: [{name: a, source: /v, zones:\n        \(zones)}]"
    }

    private static let square = "[[0, 0], [1, 0], [1, 1], [0, 1]]"

    /// Each list of zones with exactly the lines that it gives, without the file's name.
    static let broken: [(String, [String])] = [
        ("yard", ["2:9: cameras[0].zones: expected a list of zones, found `yard`"]),
        ("[yard]", ["2:10: cameras[0].zones[0]: expected keys with values, found a single value"]),
        (
            "[{}]",
            [
                "2:10: cameras[0].zones[0].name: is missing", "2:10: cameras[0].zones[0].kind: is missing",
                "2:10: cameras[0].zones[0].polygon: is missing",
            ]
        ),
        (
            "[{name: Front door, kind: inclde, polygon: \(square), colour: red}]",
            [
                "2:17: cameras[0].zones[0].name: may have lower-case letters, digits, `-` and `_`, found `Front door`",
                "2:35: cameras[0].zones[0].kind: expected include, ignore, privacy, found `inclde`; did you mean `include`?",
                "2:86: cameras[0].zones[0].colour: unknown key",
            ]
        ),
        (
            "[{name: a, kind: ignore, polygon: \(square)}, {name: a, kind: include, polygon: \(square)}]",
            ["2:85: cameras[0].zones[1].name: another zone of this camera is named `a`, too"]
        ),
        (
            "[{name: a, kind: ignore, polygon: 0.5}]",
            ["2:43: cameras[0].zones[0].polygon: expected a list of points [x, y], found `0.5`"]
        ),
        (
            "[{name: a, kind: ignore, polygon: [[0, 0], 1, [1], [0, x], [\"1\", 1]]}]",
            [
                "2:52: cameras[0].zones[0].polygon[1]: expected a point [x, y] of two numbers, found `1`",
                "2:55: cameras[0].zones[0].polygon[2]: expected a point [x, y] of two numbers, found [`1`]",
                "2:60: cameras[0].zones[0].polygon[3]: expected a point [x, y] of two numbers, found [`0`, `x`]",
                "2:68: cameras[0].zones[0].polygon[4]: expected a point [x, y] of two numbers, found [`1`, `1`]",
            ]
        ),
        (
            "[{name: a, kind: ignore, polygon: [[0, 0], [1, 1]]}]",
            ["2:43: cameras[0].zones[0].polygon: needs 3 to 64 points, has 2"]
        ),
        (
            "[{name: a, kind: ignore, polygon: [[0, 0], [1, 1.5], [0, 1]]}]",
            [
                "2:52: cameras[0].zones[0].polygon: is outside the picture: x and y are shares of its width and height, "
                    + "from 0 to 1"
            ]
        ),
        (
            "[{name: a, kind: ignore, polygon: [[0, 0], [.nan, 0.5], [0, 1]]}]",
            ["2:52: cameras[0].zones[0].polygon[1]: expected a point [x, y] of two numbers, found [`.nan`, `0.5`]"]
        ),
        (
            "[{name: a, kind: ignore, polygon: [[0, 0], [1, 1], [1, 0], [0, 1]]}]",
            ["2:60: cameras[0].zones[0].polygon: the edges from points 1 and 3 cross or touch"]
        ),
        (
            "[{name: a, kind: ignore, polygon: [[0, 0], [0.5, 0.5], [1, 1]]}]",
            ["2:64: cameras[0].zones[0].polygon: the edges from points 1 and 3 cross or touch"]
        ),
        (
            "[{name: a, kind: ignore, polygon: [[0.1, 0], [0.1004, 0], [0.1, 0.001]]}]",
            ["2:43: cameras[0].zones[0].polygon: encloses nothing"]
        ),
    ]

    @Test(arguments: broken)
    func everyMistakeIsLocatedAndExplained(zones: String, lines: [String]) {
        let error = #expect(throws: ServiceError.self) { try Settings.parse(Self.settings(zones), file: "m.yaml") }
        #expect(error?.message.split(separator: "\n").map(String.init) == lines.map { "m.yaml:\($0)" })
    }

    @Test func privacyZonesAreBlackInEveryStreamOfTheCamera() throws {
        let settings = try Settings.parse(
            """
            cameras:
              - name: a
                source: rtsp://10.0.0.7/1
                snapshot_source: rtsp://10.0.0.7/2
                zones: [{name: door, kind: privacy, polygon: \(Self.square)}, {name: b, kind: ignore, polygon: \(Self.square)}]
            """, file: "m.yaml")
        let camera = settings.cameras[0]
        #expect(camera.privacy.count == 1)
        #expect(try camera.sourceDescription(environment: [:]).privacy == camera.privacy)
        #expect(try camera.snapshotDescription(environment: [:])?.privacy == camera.privacy)
    }

    @Test func thereMayBeNoZonesAndNotTooMany() throws {
        func zones(_ count: Int, _ kind: Zone.Kind) -> String {
            let list = (0..<count).map { "{name: z\($0), kind: \(kind.rawValue), polygon: \(Self.square)}" }
            return Self.settings("[\(list.joined(separator: ", "))]")
        }
        #expect(try Settings.parse(zones(0, .ignore), file: "m.yaml").cameras[0].zones == [])
        #expect(try Settings.parse(zones(32, .ignore), file: "m.yaml").cameras[0].zones.count == 32)
        #expect(try Settings.parse(zones(8, .include), file: "m.yaml").cameras[0].zones.count == 8)
        let many = #expect(throws: ServiceError.self) { try Settings.parse(zones(33, .ignore), file: "m.yaml") }
        #expect(many?.message == "m.yaml:2:9: cameras[0].zones: there may be 32 zones, found 33")
        let wide = #expect(throws: ServiceError.self) { try Settings.parse(zones(9, .include), file: "m.yaml") }
        #expect(wide?.message.hasSuffix("cameras[0].zones[8].kind: there may be 8 zones to include") == true)
    }
}
