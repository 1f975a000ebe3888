internal import Basics
internal import Dispatch
internal import Glibc

/// Why the daemon cannot be asked, does not do what it is asked, or its socket cannot be made.
public struct ControlError: Error, CustomStringConvertible, Sendable {
    public enum Code: String, Sendable {
        case pathTooLong, cannotListen, unreachable, noReply
        /// A request line that cannot be read.
        case malformed
        /// The daemon answered that it cannot; `refusal` says why.
        case refused
    }

    public let code: Code
    public let message: String
    /// The code of the daemon's own error, such as that of a `StoreError`.
    public let refusal: String?

    init(_ code: Code, _ message: String, refusal: String? = nil) {
        self.code = code
        self.message = message
        self.refusal = refusal
    }

    public var description: String { message }
}

/// The daemon's Unix socket: a client sends one line, the daemon answers with one JSON document and closes.
///
/// File mode 0660; there is no TCP listener. `@unchecked Sendable`: `source` is set once in `init` before use.
public final class ControlServer: @unchecked Sendable {
    private let path: String
    private let queue = DispatchQueue(label: "monitord.control")
    private var source: (any DispatchSourceRead)?

    /// Listens at `path`, replacing a socket that an earlier run left behind. `answer` maps a request line to the reply
    /// and is called on the control queue.
    /// - Throws: `ControlError` (`pathTooLong`, `cannotListen`).
    public init(path: String, answer: @escaping @Sendable (String) -> String) throws(ControlError) {
        self.path = path
        let address = try socketAddress(path)
        guard !isAnswered(address) else {
            throw ControlError(
                .cannotListen, "\(path): another daemon answers here; give each its own control_socket")
        }
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        unlink(path)
        let mask = umask(0o117)
        let bound = withSocketAddress(address) { bind(listener, $0, $1) } == 0 && listen(listener, 8) == 0
        let reason = String(cString: strerror(errno))
        umask(mask)
        guard listener >= 0, bound else {
            close(listener)
            throw ControlError(.cannotListen, "\(path): cannot listen: \(reason); monitorctl status will not work")
        }
        let source = DispatchSource.makeReadSource(fileDescriptor: listener, queue: queue)
        source.setEventHandler { @Sendable in
            let client = accept(listener, nil, nil)
            guard client >= 0 else { return }
            defer { close(client) }
            setTimeouts(client, seconds: 1)
            guard let line = readLine(client) else { return }
            writeAll(client, answer(line) + "\n")
        }
        source.setCancelHandler { @Sendable in close(listener) }
        source.resume()
        self.source = source
    }

    /// Stops listening and removes the socket.
    public func stop() {
        source?.cancel()
        unlink(path)
    }
}

/// Asks a running daemon.
public enum ControlClient {
    /// Sends `request` and returns the reply without its final newline.
    /// - Throws: `ControlError` (`pathTooLong`, `unreachable`, `noReply`).
    public static func ask(_ request: String, at path: String) throws(ControlError) -> String {
        let address = try socketAddress(path)
        let client = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(client) }
        setTimeouts(client, seconds: 3)
        guard client >= 0, withSocketAddress(address, { connect(client, $0, $1) }) == 0 else {
            throw ControlError(
                .unreachable, "\(path): monitord does not answer: \(String(cString: strerror(errno))); is it running?")
        }
        writeAll(client, request + "\n")
        var reply: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(client, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { break }
            reply.append(contentsOf: chunk[..<count])
        }
        guard !reply.isEmpty else {
            throw ControlError(.noReply, "\(path): monitord closed the connection without a reply")
        }
        return String(decoding: reply, as: UTF8.self).trimmingSuffix("\n")
    }
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: Character) -> String { last == suffix ? String(dropLast()) : self }
}

private func socketAddress(_ path: String) throws(ControlError) -> sockaddr_un {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
        throw ControlError(.pathTooLong, "\(path): too long for a Unix socket (at most 107 bytes); set control_socket")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return address
}

private func withSocketAddress(_ address: sockaddr_un, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    withUnsafePointer(to: address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}

private func isAnswered(_ address: sockaddr_un) -> Bool {
    let client = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(client) }
    return withSocketAddress(address) { connect(client, $0, $1) } == 0
}

private func setTimeouts(_ descriptor: Int32, seconds: Int) {
    var limit = timeval(tv_sec: seconds, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
}

/// One line of at most 16 KiB; nil when the peer sends none in time.
private func readLine(_ descriptor: Int32) -> String? {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while line.count < 16_384, read(descriptor, &byte, 1) == 1 {
        if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
        line.append(byte)
    }
    return nil
}

private func writeAll(_ descriptor: Int32, _ text: String) {
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
        let count = bytes.withUnsafeBytes {
            send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
        }
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { return }
        sent += count
    }
}
