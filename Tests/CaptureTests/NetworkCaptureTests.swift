import Basics
import Capture
import Foundation
import Streams
import Testing

@Suite struct NetworkCaptureTests {
    /// A TCP port on this machine: bound, and listening or not.
    fileprivate final class Port: Sendable {
        let number: UInt16
        private let handle: Int32

        init(listening: Bool) {
            handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let handle = self.handle
            withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = bind(handle, $0, size)
                    if listening { listen(handle, 8) }
                    getsockname(handle, $0, &size)
                }
            }
            number = UInt16(bigEndian: address.sin_port)
        }

        deinit { close(handle) }
    }

    @Test func `a closed port is reported at once, without the password, and tried again`() throws {
        let port = Port(listening: false)
        let log = EventLog()
        let session = CaptureSession(
            camera: "door", source: try source("rtsp://user:S3cret@127.0.0.1:\(port.number)/cam"),
            clocks: SystemClocks(),
            onEvent: log.append)
        session.start()
        let waited = elapsed { while log.events.count < 4 { usleep(20_000) } }
        #expect(waited < .seconds(3))
        #expect(log.firstLoss?.code == .unreachable)
        #expect(log.events.contains { if case .retrying = $0 { true } else { false } })
        #expect(elapsed { session.stop() } < .milliseconds(300))
        #expect(!"\(log.events)".contains("S3cret"))
        #expect(session.counters.failures >= 2 && session.counters.arrived == 0)
    }

    @Test func `a server that accepts and never answers is left at the deadline`() throws {
        let port = Port(listening: true)
        let description = try source("rtsp://127.0.0.1:\(port.number)/cam", openTimeout: .milliseconds(700))
        var error: StreamError?
        let waited = elapsed { error = captureError { _ = try FrameReader(description) } }
        #expect(error?.code == .timedOut, "\(String(describing: error))")
        #expect(waited > .milliseconds(600) && waited < .milliseconds(1500))
    }

    @Test func `stopping interrupts a connection attempt that hangs`() throws {
        let port = Port(listening: true)
        let session = CaptureSession(
            camera: "mute", source: try source("rtsp://127.0.0.1:\(port.number)/cam", openTimeout: .seconds(30)),
            clocks: SystemClocks(), onEvent: { _ in })
        session.start()
        usleep(300_000)
        #expect(elapsed { session.stop() } < .milliseconds(300))
        #expect(session.stop())
    }

    @Test func `a dead camera costs no memory, however often it is tried`() async {
        await #expect(processExitsWith: .success) {
            // Manual clocks make every wait instant, so attempts follow each other without pause.
            let port = Port(listening: false)
            let session = CaptureSession(
                camera: "dead", source: try source("rtsp://127.0.0.1:\(port.number)/cam"), clocks: ManualClocks(),
                onEvent: { _ in })
            session.start()
            while session.counters.failures < 500 { usleep(1000) }
            let before = try residentBytes()
            while session.counters.failures < 4500 { usleep(1000) }
            let growth = try residentBytes() - before
            precondition(growth < 2 << 20, "4,000 attempts left \(growth) bytes behind")
            precondition(session.stop())
        }
    }

    @Test func `only so many cameras dial at the same time`() throws {
        let port = Port(listening: true)
        let gate = DialGate(limit: 2)
        let logs = (0..<4).map { _ in EventLog() }
        let sessions = try logs.map { log in
            CaptureSession(
                camera: "mute",
                source: try source("rtsp://127.0.0.1:\(port.number)/cam", openTimeout: .milliseconds(600)),
                clocks: SystemClocks(), gate: gate, onEvent: log.append)
        }
        for session in sessions { session.start() }
        usleep(900_000)
        #expect(logs.filter { $0.firstLoss != nil }.count == 2)
        usleep(900_000)
        #expect(logs.filter { $0.firstLoss != nil }.count >= 4)
        for session in sessions { #expect(session.stop()) }
    }
}

/// Memory of this process that is in use now.
private func residentBytes() throws -> Int {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    return try #require(Int(fields[1])) * Int(sysconf(Int32(_SC_PAGESIZE)))
}
