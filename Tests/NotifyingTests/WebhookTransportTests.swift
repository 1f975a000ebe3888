import Alerting
import Basics
import FaultLab
import Foundation
import Notifying
import Service
import TestSupport
import Testing

/// Against a real web server that answers as it is told.
@Suite struct WebhookTransportTests {
    private let server: WebServer

    init() throws { server = try WebServer() }

    private func hook(
        _ path: String = "/hook?a=1", key: String? = WebServer.key, limit: Duration = .seconds(60),
        picture: PictureProvider? = nil
    ) throws -> WebhookTransport {
        try WebhookTransport(
            WebhookSettings(url: server.address + path), key: key.map(Secret.init), timeLimit: limit, picture: picture)
    }

    @Test func `a message is posted, named and signed`() throws {
        let before = SystemClocks().wallTimeMs() / 1000
        #expect(try hook().deliver(notice()) == .delivered)
        let request = try #require(server.requests.first)
        #expect(request.method == "POST" && request.path == "/hook?a=1")
        #expect(request.body == notice().json())
        #expect(request.headers["Content-Type"] == "application/json")
        #expect(request.headers["Idempotency-Key"] == notice().id)
        #expect(request.headers["X-Monitor-Moment"] == "opened")
        #expect(request.signed)
        let stamp = try #require(request.headers["X-Monitor-Timestamp"].flatMap { Int64($0) })
        #expect((before...before + 600).contains(stamp))
    }

    @Test func `without a key nothing is signed, and with another one the signature is wrong`() throws {
        #expect(try hook(key: nil).deliver(notice(1)) == .delivered)
        #expect(try hook(key: "another").deliver(notice(2)) == .delivered)
        let requests = server.requests
        #expect(requests.map(\.signed) == [false, false])
        #expect(requests.map { $0.headers["X-Monitor-Signature"] != nil } == [false, true])
    }

    @Test(arguments: [
        ("200", "delivered"), ("202", "delivered"), ("400", "rejected"), ("404", "rejected"), ("410", "rejected"),
        ("408", "busy"), ("425", "busy"), ("500", "busy"), ("503", "busy"),
    ])
    func `the answer decides`(status: String, outcome: String) throws {
        try server.script(status)
        let found = try hook().deliver(notice())
        #expect("\(found)".hasPrefix(outcome), "\(found)")
        #expect(found.reason.map { $0 == "\(server.address)/… answered \(status)" } ?? true)
    }

    @Test func `a server that asks for time gets it`() throws {
        try server.script("429 17")
        #expect(
            try hook().deliver(notice()) == .busy("\(server.address)/… answered 429", after: .seconds(17)))
    }

    @Test func `redirections are not followed, to wherever they lead`() throws {
        let other = try WebServer()
        for target in ["\(other.address)/elsewhere", "/here"] {
            for status in [301, 302, 307, 308] {
                try server.script("\(status) \(target)")
                guard case .failed(let reason) = try hook().deliver(notice()) else {
                    Issue.record("\(status) to \(target) was followed")
                    continue
                }
                #expect(reason.contains("answered \(status), a redirection"))
            }
        }
        #expect(other.requests.isEmpty && server.requests.allSatisfy { $0.path == "/hook?a=1" })
    }

    @Test func `a server that says nothing is left after the time limit`() throws {
        try server.script("hang")
        let clocks = SystemClocks()
        let start = clocks.monotonic()
        let found = try hook(limit: .seconds(1)).deliver(notice())
        #expect(clocks.monotonic() - start < .seconds(30))
        guard case .unreachable = found else {
            Issue.record("\(found)")
            return
        }
    }

    @Test func `broken connections and servers that are not there are tried again`() throws {
        try server.script("drop")
        let hook = try hook()
        guard case .unreachable(let reason) = hook.deliver(notice()) else {
            Issue.record("delivered by a dropped connection")
            return
        }
        #expect(!reason.contains("hook?a=1"))
        #expect(hook.deliver(notice()) == .delivered)
        let nobody = try WebhookTransport(
            WebhookSettings(url: "http://127.0.0.1:\(Port().number)/t0ken"), key: nil, timeLimit: .seconds(60),
            picture: nil)
        let found = nobody.deliver(notice())
        guard case .unreachable(let words) = found else {
            Issue.record("\(found)")
            return
        }
        #expect(!words.contains("t0ken"))
    }

    @Test func `an endless answer is not read, and its status counts`() throws {
        try server.script("long")
        #expect(try hook().deliver(notice()) == .delivered)
    }

    @Test func `messages that follow each other share a connection`() throws {
        let hook = try hook()
        for number in 1...5 { #expect(hook.deliver(notice(number)) == .delivered) }
        #expect(Set(server.requests.map(\.port)).count == 1)
    }

    @Test func `a picture comes within the signed message`() throws {
        #expect(try hook(picture: { @Sendable _ in [1, 2, 3] }).deliver(notice()) == .delivered)
        let request = try #require(server.requests.first)
        #expect(request.signed && request.body == notice().json(picture: [1, 2, 3]))
    }

    @Test func `the daemon's end interrupts an attempt`() throws {
        try server.script("hang")
        let hook = try hook()
        let done = DispatchSemaphore(value: 0)
        #expect(
            OwnThread.start { @Sendable in
                _ = hook.deliver(notice())
                done.signal()
            })
        #expect(eventually { !server.requests.isEmpty })
        hook.interrupt()
        #expect(done.wait(timeout: .now() + 30) == .success)
    }

    @Test func `an address without a host is refused`() {
        let error = #expect(throws: NotifyingError.self) {
            try WebhookTransport(
                WebhookSettings(url: "https://"), key: nil, timeLimit: .seconds(1), picture: nil)
        }
        #expect(error?.code == .address)
    }
}
