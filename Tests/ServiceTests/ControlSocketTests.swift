import Basics
import Foundation
import Service
import Testing

@Suite struct ControlSocketTests {
    private let path = "/tmp/monitor-control-\(UUID().uuidString.prefix(8)).sock"

    @Test func `a request line is answered, several times`() throws {
        let server = try ControlServer(path: path) { "<\($0)>" }
        defer { server.stop() }
        #expect(try ControlClient.ask("status", at: path) == "<status>")
        #expect(try ControlClient.ask("again", at: path) == "<again>")
    }

    @Test func `a socket that a dead daemon left is replaced`() throws {
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        let server = try ControlServer(path: path) { _ in "new" }
        defer { server.stop() }
        #expect(try ControlClient.ask("status", at: path) == "new")
    }

    @Test func `a second daemon does not take the socket of a running one`() throws {
        let first = try ControlServer(path: path) { _ in "first" }
        defer { first.stop() }
        #expect { try ControlServer(path: path) { _ in "second" } } throws: { error in
            (error as? ControlError)?.message.contains("another daemon answers") == true
        }
        #expect(try ControlClient.ask("status", at: path) == "first")
    }

    @Test func `without a daemon the client says so`() {
        #expect { try ControlClient.ask("status", at: path) } throws: { error in
            (error as? ControlError)?.code == .unreachable
        }
    }

    @Test func `a status survives its JSON`() throws {
        let camera = DaemonStatus.Camera(
            name: "yard", state: "watching", detail: nil, arrived: 9, scored: 5, gated: 3, dropped: 1, reconnects: 0,
            analysisMs: 40, openEvents: 1)
        let status = DaemonStatus(version: "1", model: "m", uptimeSeconds: 7, cameras: [camera])
        #expect(try JSONDecoder().decode(DaemonStatus.self, from: Data(status.json.utf8)) == status)
    }
}
