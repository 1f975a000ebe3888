internal import Basics
internal import Glibc

/// A TCP port of this machine that stays ours while nobody listens on it: connections are refused then.
package final class Port: Sendable {
    package let number: Int
    private let placeholder: Int32

    package init() {
        let socket = Self.bound(to: 0)
        placeholder = socket
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
        }
        number = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(placeholder) }

    /// A socket that listens until it is closed.
    func listen(backlog: Int32) -> Int32 {
        let socket = Self.bound(to: number)
        precondition(Glibc.listen(socket, backlog) == 0)
        return socket
    }

    private static func bound(to port: Int) -> Int32 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_NONBLOCK | O_CLOEXEC, 0)
        var yes: Int32 = 1
        for option in [SO_REUSEADDR, SO_REUSEPORT] {
            setsockopt(socket, SOL_SOCKET, option, &yes, socklen_t(MemoryLayout<Int32>.size))
        }
        let result = withLoopback(port: port) { bind(socket, $0, $1) }
        precondition(result == 0, "port \(port) of this machine cannot be had")
        return socket
    }
}

/// The address of a port of this machine.
private func withLoopback(port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    address.sin_port = UInt16(port).bigEndian
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}

/// What `Socket.receive` found.
enum Received {
    case bytes([UInt8])
    case nothing
    case ended
    case broken
}

/// System calls on connections that never block.
enum Socket {
    /// A connection to a port of this machine that may still be under way.
    static func dial(_ port: Int) -> Int32 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_NONBLOCK | O_CLOEXEC, 0)
        _ = withLoopback(port: port) { connect(socket, $0, $1) }
        return socket
    }

    /// The next waiting connection.
    static func accept(_ listener: Int32) -> Int32? {
        let socket = Glibc.accept(listener, nil, nil)
        guard socket >= 0 else { return nil }
        _ = fcntl(socket, F_SETFL, O_NONBLOCK)
        _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
        var yes: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        return socket
    }

    static func receive(_ socket: Int32, atMost limit: Int = 65_536) -> Received {
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = recv(socket, &bytes, limit, 0)
        if count > 0 { return .bytes(Array(bytes.prefix(count))) }
        if count == 0 { return .ended }
        return errno == EAGAIN || errno == EINTR ? .nothing : .broken
    }

    /// How many bytes were taken; nil when the connection is broken.
    static func send(_ socket: Int32, _ bytes: ArraySlice<UInt8>) -> Int? {
        let count = bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if count >= 0 { return count }
        return errno == EAGAIN || errno == EINTR || errno == ENOTCONN ? 0 : nil
    }

    /// Closes with RST instead of FIN.
    static func reset(_ socket: Int32) {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close(socket)
    }
}

/// Waits for many sockets at once, and can be woken from any thread.
final class Watch: Sendable {
    private let bell: (ear: Int32, button: Int32)

    init() {
        var ends: [Int32] = [0, 0]
        precondition(pipe(&ends) == 0)
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        bell = (ends[0], ends[1])
    }

    deinit {
        close(bell.ear)
        close(bell.button)
    }

    func wake() { _ = write(bell.button, "!", 1) }

    /// Waits until one of `wishes` can be served, `wake` is called or `limit` has passed.
    func wait(for wishes: [pollfd], upTo limit: Duration) {
        var list = wishes + [pollfd(fd: bell.ear, events: Int16(POLLIN), revents: 0)]
        let milliseconds = (limit.nanoseconds + 999_999) / 1_000_000
        poll(&list, nfds_t(list.count), Int32(clamping: max(0, milliseconds)))
        var rings = [UInt8](repeating: 0, count: 64)
        while read(bell.ear, &rings, rings.count) > 0 {}
    }
}
