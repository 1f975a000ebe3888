import Alerting
import Basics
import Capture
import Foundation
import Imaging
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

    @Test(arguments: [
        ControlRequest.status, .profileChanged(profile: "yard gate"),
        .acknowledge(AckRequest(event: "01a1", label: .falseAlarm, note: "a \"shadow\"\nof {a} tree, ä")),
        .acknowledge(AckRequest(event: "01a1", label: .confirmed)), .acknowledge(AckRequest(event: "01a1", label: nil)),
    ])
    func `a request survives its line`(request: ControlRequest) throws {
        #expect(!request.line.contains("\n"))
        #expect(try ControlRequest(line: request.line) == request)
    }

    @Test func `request lines are what is documented`() {
        #expect(ControlRequest.status.line == "status")
        let ack = ControlRequest.acknowledge(AckRequest(event: "01a1fdf9", label: .falseAlarm, note: "shadow"))
        #expect(ack.line == #"ack {"event":"01a1fdf9","label":"false","note":"shadow"}"#)
        #expect(ControlRequest.profileChanged(profile: "yard").line == "profile-changed yard")
    }

    @Test(arguments: ["", "Status", "status now", "ack", "ack ", "ack {}", "ack 01a1 false", "profile-changed", "stop"])
    func `a line that is no request is refused`(line: String) {
        let error = #expect(throws: ControlError.self) { try ControlRequest(line: line) }
        #expect(error?.code == .malformed)
    }

    @Test func `the longest note fits on a line`() throws {
        let note = String(repeating: "\u{1}", count: AckRequest.longestNote)
        let server = try ControlServer(path: path) { line in
            guard case .acknowledge(let request)? = try? ControlRequest(line: line) else { return "{}" }
            return request.note == note ? ControlReply.done : "damaged"
        }
        defer { server.stop() }
        let request = ControlRequest.acknowledge(AckRequest(event: "01", label: .falseAlarm, note: note))
        #expect(try ControlClient.ask(request, at: path) == ControlReply.done)
    }

    @Test func `an acknowledgement gets its outcome, or the reason why not`() throws {
        let id = try #require(EventID("0199c82c-6c00-7000-8000-000000000001"))
        let server = try ControlServer(path: path) { line in
            switch try? ControlRequest(line: line) {
            case .acknowledge(let request) where request.label == .confirmed:
                #"{"camera":"yard","event":"\#(id)","former":"false","label":"confirm"}"#
            case .acknowledge: ControlReply.failure(StoreError(.unknownEvent, "no such event"))
            default: ControlReply.failure(CancellationError())
            }
        }
        defer { server.stop() }
        let outcome = try ControlClient.acknowledge(AckRequest(event: "0199", label: .confirmed), at: path)
        #expect(outcome.event == id && outcome.camera == "yard")
        #expect(outcome.label == .confirmed && outcome.former == .falseAlarm)
        let refused = #expect(throws: ControlError.self) {
            try ControlClient.acknowledge(AckRequest(event: "0199", label: nil), at: path)
        }
        #expect(refused?.code == .refused && refused?.refusal == "unknownEvent" && refused?.message == "no such event")
        let other = #expect(throws: ControlError.self) {
            try ControlClient.ask(.profileChanged(profile: "x"), at: path)
        }
        #expect(other?.code == .refused && other?.refusal == nil)
    }

    @Test func `an older daemon's refusal is told as it is`() throws {
        let server = try ControlServer(path: path) { _ in #"{"error":"unknown request; known is: status"}"# }
        defer { server.stop() }
        let error = #expect(throws: ControlError.self) {
            try ControlClient.acknowledge(AckRequest(event: "0199", label: nil), at: path)
        }
        #expect(error?.code == .refused && error?.message == "unknown request; known is: status")
    }

    @Test func `a status survives its JSON`() throws {
        let ledger = FrameLedger()
        for index in 0..<9 { ledger.arrived(replacing: index == 7) }
        for _ in 0..<5 { ledger.taken() }
        for _ in 0..<3 { ledger.scored() }
        ledger.gated(.still)
        let camera = DaemonStatus.Camera(
            name: "yard", state: "watching", detail: nil, frames: ledger.counts, capture: CaptureCounters(),
            analysisMs: 40,
            openEvents: 1)
        #expect(camera.arrived == 9 && camera.scored == 3 && camera.gatedBy["still"] == 1 && camera.waiting == 3)
        #expect(camera.inAnalysis == 1 && camera.droppedBy == ["superseded": 1, "stopped": 0, "damaged": 0])
        let status = DaemonStatus(
            version: "1", model: "m", uptimeSeconds: 7, loadPercent: 93, isShortOfTime: true, cameras: [camera])
        #expect(try JSONDecoder().decode(DaemonStatus.self, from: Data(status.json.utf8)) == status)
    }
}
