internal import Basics
internal import Glibc

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
