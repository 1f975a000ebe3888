import FoundationEssentials
import Service
import Streams
import Testing

@Suite struct SecretTests {
    /// Passwords in shapes that simple patterns miss.
    static let urls = [
        "rtsp://admin:hunter2@10.0.0.1/stream", "rtsp://admin:hunter2@[fe80::1]:554/s", "http://a.b:hunter2@host",
        "rtsp://admin:p@hunter2@host/s", "rtsp://admin:hunter2/x@host/s", "rtsp://admin:hunter2?x@host/s",
        "rtsp://admin:hunter2#x@host/s", "rtsp://:hunter2@host", "rtsp://ad%3Amin:hunter2@host:554/s?a=b",
        "rtsps://u.v:hunter2:more@host/s@1",
    ]

    @Test(arguments: urls)
    func aPasswordInAURLIsRefusedAndNeverShown(url: String) {
        let source = SourceAddress(url)
        var dumped = ""
        dump(source, to: &dumped)
        for text in ["\(source)", String(reflecting: source), dumped, "\([source])", "\(Optional(source) as Any)"] {
            #expect(!text.contains("hunter2"))
        }
        let error = #expect(throws: ServiceError.self) {
            try Settings.parse("cameras: [{name: a, source: '\(url)', pace: x}]", file: "m")
        }
        #expect(error?.message.contains("holds a password") == true)
        #expect(error.map { "\($0) \($0.issues)".contains("hunter2") } == false)
    }

    @Test(arguments: ["token=hunter2", "user=a&pwd=hunter2", "hunter2"])
    func queriesAreNotShown(query: String) {
        #expect(SourceAddress("http://camera/video?\(query)").description == "http://camera/video?***")
    }

    @Test(arguments: [
        "rtsp://host/s", "rtsp://user@host:554/s", "rtsp://host:554/s@1", "/dev/video0", "clips/a:b@c.mp4",
    ])
    func whatHoldsNoPasswordIsAccepted(source: String) throws {
        _ = try Settings.parse("cameras: [{name: a, source: '\(source)'}]", file: "m")
    }

    @Test func addressesWithoutSecretsAreShownAsTheyAre() {
        for text in ["rtsp://host/s", "rtsp://user@host:554/s", "/dev/video0", "/clips/a.mp4"] {
            #expect(SourceAddress(text).description == text)
        }
    }

    @Test func secretsAreNotPrinted() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump([secret], to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped, "\(["x": secret])"] {
            #expect(!text.contains("hunter2"))
        }
        #expect(secret.revealed == "hunter2")
    }

    @Test func passwordsComeFromTheirFile() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/monitor-secret-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func write(_ name: String, _ text: String, _ mode: Int) throws -> String {
            let path = folder + "/" + name
            try Data(text.utf8).write(to: URL(filePath: path))
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            return path
        }
        var camera = CameraSettings(name: "yard", source: SourceAddress("rtsp://u@h/s"))
        #expect(try camera.password(environment: [:]) == nil)
        #expect(try camera.password(environment: ["CREDENTIALS_DIRECTORY": folder]) == nil)
        _ = try write("yard", "from systemd\n", 0o400)
        #expect(try camera.password(environment: ["CREDENTIALS_DIRECTORY": folder])?.revealed == "from systemd")

        camera.passwordFile = try write("own", "hun ter2\r\n", 0o640)
        #expect(try camera.password(environment: ["CREDENTIALS_DIRECTORY": folder])?.revealed == "hun ter2")
        for (name, text, mode) in [
            ("open", "hunter2", 0o644), ("empty", "\n", 0o600), ("lines", "hunter2\nx", 0o600),
            ("long", String(repeating: "hunter2", count: 1000), 0o600),
        ] {
            camera.passwordFile = try write(name, text, mode)
            let error = #expect(throws: ServiceError.self) { try camera.password(environment: [:]) }
            #expect(error?.code == .secret)
            #expect(error?.message.contains("hunter2") == false)
        }
        camera.passwordFile = folder + "/missing"
        #expect(throws: ServiceError.self) { try camera.password(environment: [:]) }
    }

    @Test func `the stream for snapshots takes the camera's password under the same rules`() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/secret-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("hunter2".utf8).write(to: URL(filePath: folder + "/yard"))
        let environment = ["CREDENTIALS_DIRECTORY": folder]
        var camera = CameraSettings(name: "yard", source: SourceAddress("rtsp://u@h/small"))
        #expect(try camera.snapshotDescription(environment: environment) == nil)
        camera.snapshotSource = SourceAddress("rtsp://u@h/large")
        let main = try #require(try camera.snapshotDescription(environment: environment))
        let expected = try CameraURL("rtsp://u:hunter2@h/large")
        #expect(main.url == expected && !"\(main)".contains("hunter2"))
        camera.snapshotSource = SourceAddress("rtsp://h/large")
        #expect(throws: StreamError.self) { try camera.snapshotDescription(environment: environment) }
    }
}
