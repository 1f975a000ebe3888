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
