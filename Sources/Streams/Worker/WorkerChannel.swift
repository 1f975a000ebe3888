internal import Basics
internal import Glibc

/// One end of the socket between the monitor and a decoder process: whole messages, in order.
///
/// Used by one thread, but for `isClosed`.
final class WorkerChannel: Sendable {
    enum Received {
        case message([UInt8])
        /// Nothing came in time.
        case nothing
        /// The other side is gone.
        case closed
    }

    private let descriptor: Int32

    private static let messageLimit = 65_536

    /// Takes over `descriptor`.
    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Two connected ends, both closed on exec; nil with errno.
    static func pair() -> (Int32, Int32)? {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        return socketpair(AF_UNIX, kind, 0, &ends) == 0 ? (ends[0], ends[1]) : nil
    }

    /// False when the other side is gone.
    func send(_ message: [UInt8]) -> Bool {
        while true {
            let sent = Glibc.send(descriptor, message, message.count, Int32(MSG_NOSIGNAL))
            if sent == message.count { return true }
            guard sent < 0, errno == EINTR else { return false }
        }
    }

    /// Waits up to `timeout`, nil for ever.
    func receive(within timeout: Duration?) -> Received {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let ready = poll(&request, 1, timeout.map { Int32(clamping: $0.milliseconds) } ?? -1)
        guard ready > 0 else { return .nothing }
        let message = [UInt8](unsafeUninitializedCapacity: Self.messageLimit) { buffer, count in
            count = max(0, recv(descriptor, buffer.baseAddress, buffer.count, 0))
        }
        return message.isEmpty ? .closed : .message(message)
    }

    /// Whether the other side has hung up.
    var isClosed: Bool {
        var request = pollfd(fd: descriptor, events: 0, revents: 0)
        return poll(&request, 1, 0) > 0 && request.revents & Int16(POLLHUP | POLLERR) != 0
    }

    /// Tells the other side that nothing more will be asked; its answers still arrive.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }
}
