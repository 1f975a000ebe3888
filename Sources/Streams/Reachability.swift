internal import Basics
internal import Glibc

/// Whether something listens at a camera's address: far cheaper for both sides than a dial, so it may be asked often.
enum Reachability {
    /// A host that drops everything answers never; one that is there answers a second request within this time.
    static let timeout = Duration.milliseconds(1500)

    /// Returns when a connection was accepted, which is closed at once; sources without a network are always reachable.
    ///
    /// Throws `unreachable` or `timedOut` when nobody accepts, `stopped` when interrupted.
    static func check(_ source: SourceDescription, interrupt: Interrupt) throws(StreamError) {
        guard let endpoint = source.url.endpoint else { return }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let result = getaddrinfo(endpoint.host, String(endpoint.port), &hints, &found)
        guard result == 0 else {
            throw StreamError(
                .unreachable,
                "\(source.url): the host's name cannot be resolved (\(String(cString: gai_strerror(result))))"
            )
        }
        defer { freeaddrinfo(found) }
        interrupt.arm(after: timeout)
        defer { interrupt.disarm() }
        var failure = ECONNREFUSED
        var next = found
        while let address = next {
            failure = connect(address, interrupt)
            if failure == 0 { return }
            next = address.pointee.ai_next
        }
        if interrupt.isCancelled { throw StreamError(.stopped, "connecting to \(source.url) was stopped") }
        if failure == ETIMEDOUT {
            throw StreamError(.timedOut, "\(source.url) does not answer; is the camera on and the network up?")
        }
        throw StreamError(
            .unreachable,
            "\(source.url) cannot be reached (\(String(cString: strerror(failure)))); is the camera on and the port right?"
        )
    }

    /// 0, or the error.
    private static func connect(_ address: UnsafeMutablePointer<addrinfo>, _ interrupt: Interrupt) -> Int32 {
        let kind = address.pointee.ai_socktype | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let handle = socket(address.pointee.ai_family, kind, address.pointee.ai_protocol)
        guard handle >= 0 else { return errno }
        defer { close(handle) }
        if Glibc.connect(handle, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 { return 0 }
        guard errno == EINPROGRESS else { return errno }
        while true {
            var request = pollfd(fd: handle, events: Int16(POLLOUT), revents: 0)
            if poll(&request, 1, 50) > 0 { break }
            if interrupt.check() { return ETIMEDOUT }
        }
        var failure: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(handle, SOL_SOCKET, SO_ERROR, &failure, &size)
        return failure
    }
}
