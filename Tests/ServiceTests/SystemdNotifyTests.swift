import FoundationEssentials
import Glibc
import Service
import Testing

@Suite struct SystemdNotifyTests {
    @Test(arguments: [false, true])
    func everyMessageArrives(isAbstract: Bool) throws {
        let name = FileManager.default.temporaryDirectory.path + "/notify-" + UUID().uuidString
        let socket = try #require(Receiver(name, isAbstract: isAbstract))
        defer { unlink(name) }
        let notify = SystemdNotify(environment: ["NOTIFY_SOCKET": isAbstract ? "@" + name : name])
        notify.ready(status: "2/2 cameras live")
        notify.status("1/2 cameras live:\nyard is lost")
        notify.watchdog()
        notify.stopping()
        #expect(socket.receive() == "READY=1\nSTATUS=2/2 cameras live")
        #expect(socket.receive() == "STATUS=1/2 cameras live: yard is lost")
        #expect(socket.receive() == "WATCHDOG=1")
        #expect(socket.receive() == "STOPPING=1")
    }

    @Test(arguments: ["", "relative", "/", "/nonexistent/socket", "/" + String(repeating: "x", count: 200)])
    func withoutAServiceManagerNothingHappens(address: String) {
        let notify = SystemdNotify(environment: ["NOTIFY_SOCKET": address])
        notify.ready(status: "up")
        notify.watchdog()
        #expect(notify.watchdogInterval == nil)
    }

    @Test func theWatchdogsTimeIsOursOnly() {
        func interval(_ environment: [String: String]) -> Duration? {
            SystemdNotify(environment: environment).watchdogInterval
        }
        #expect(interval(["WATCHDOG_USEC": "20000000"]) == .seconds(20))
        #expect(interval(["WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "\(getpid())"]) == .seconds(20))
        #expect(interval(["WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "1"]) == nil)
        #expect(interval(["WATCHDOG_USEC": "soon"]) == nil)
    }
}

/// A datagram socket as systemd opens one.
private final class Receiver {
    private let descriptor: Int32

    init?(_ name: String, isAbstract: Bool) {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = (isAbstract ? [0] : []) + Array(name.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard code == 0 else { return nil }
    }

    deinit { close(descriptor) }

    func receive() -> String {
        var buffer = [UInt8](repeating: 0, count: 1000)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        return count < 0 ? "nothing" : String(decoding: buffer[..<count], as: UTF8.self)
    }
}
