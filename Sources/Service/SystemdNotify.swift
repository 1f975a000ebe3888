internal import Glibc

/// Tells systemd how the service is: one datagram per message to `$NOTIFY_SOCKET` (sd_notify(3)). Without that variable
/// every call does nothing.
public struct SystemdNotify: Sendable {
    private let address: [UInt8]?
    /// systemd restarts the service when `watchdog()` was not called for this long; nil when it does not watch.
    public let watchdogInterval: Duration?

    /// - Parameter environment: the process's.
    public init(environment: [String: String]) {
        let path = Array((environment["NOTIFY_SOCKET"] ?? "").utf8)
        let isUsable = path.first == UInt8(ascii: "/") || path.first == UInt8(ascii: "@")
        address =
            isUsable && path.count > 1 && path.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) ? path : nil
        let isForUs = environment["WATCHDOG_PID"].map { $0 == String(getpid()) } ?? true
        let microseconds = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        watchdogInterval = isForUs && microseconds > 0 ? .microseconds(microseconds) : nil
    }

    /// Started up.
    public func ready(status: String) { send("READY=1\nSTATUS=\(Self.oneLine(status))") }
    /// A line for `systemctl status`.
    public func status(_ text: String) { send("STATUS=\(Self.oneLine(text))") }
    /// Every stage is alive.
    public func watchdog() { send("WATCHDOG=1") }
    /// Going down.
    public func stopping() { send("STOPPING=1") }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    private func send(_ message: String) {
        guard let address else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var target = sockaddr_un()
        target.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &target.sun_path) { path in
            path.copyBytes(from: address)
            // "@" stands for the zero byte of an abstract address.
            if address[0] == UInt8(ascii: "@") { path[0] = 0 }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + address.count)
        var text = message
        text.withUTF8 { bytes in
            withUnsafePointer(to: &target) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { socketAddress in
                    _ = sendto(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL), socketAddress, length)
                }
            }
        }
    }
}
