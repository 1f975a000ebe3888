internal import Basics
internal import Glibc

/// A camera with many streams, all scripted: RTSP over TCP, and HTTP with one JPEG after the other.
///
/// One thread serves all connections. It works until it is released.
package final class LabCamera: Sendable {
    package let port: Int
    private let works: CameraWorks

    /// - Parameter feeds: by path.
    package init(_ feeds: [String: Feed]) {
        works = CameraWorks(feeds)
        port = works.port.number
        let works = works
        precondition(OwnThread.start { @Sendable in works.run() })
    }

    deinit { works.stop() }

    package func change(_ path: String, _ body: (inout Feed) -> Void) { works.change(path, body) }

    package func counts(_ path: String) -> FeedCounts { works.counts(path) }

    /// The most connections that had asked for something and did not play yet, at any one time.
    package var mostDialling: Int { works.mostDialling }

    /// The address of a path.
    package func address(_ path: String, port: Int? = nil) -> String { "rtsp://127.0.0.1:\(port ?? self.port)/\(path)" }
}

/// The thread of a `LabCamera`.
///
/// `@unchecked Sendable`: all but `state` and `watch` is touched by its own thread only.
final class CameraWorks: @unchecked Sendable {
    private struct State {
        var feeds: [String: Feed]
        var counts: [String: FeedCounts] = [:]
        var mostDialling = 0
        var isStopped = false
    }

    let port = Port()
    private let state: Locked<State>
    private let watch = Watch()
    private let clocks = SystemClocks()
    private var connections: [CameraConnection] = []

    init(_ feeds: [String: Feed]) { state = Locked(State(feeds: feeds)) }

    func change(_ path: String, _ body: (inout Feed) -> Void) {
        state.withLock { state in
            guard var feed = state.feeds[path] else { return }
            body(&feed)
            state.feeds[path] = feed
        }
        watch.wake()
    }

    func counts(_ path: String) -> FeedCounts { state.withLock { $0.counts[path] ?? FeedCounts() } }

    var mostDialling: Int { state.withLock { $0.mostDialling } }

    func stop() {
        state.withLock { $0.isStopped = true }
        watch.wake()
    }

    func run() {
        let listener = port.listen(backlog: 256)
        while true {
            let (feeds, isStopped) = state.withLock { ($0.feeds, $0.isStopped) }
            if isStopped { break }
            while let socket = Socket.accept(listener) { connections.append(CameraConnection(socket)) }
            let now = clocks.monotonic()
            for connection in connections { connection.work(feeds, now, clocks.wallTimeMs()) }
            count()
            connections.removeAll { $0.isOver }
            var wishes = connections.map(\.wish)
            wishes.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0))
            let due = connections.compactMap { $0.due(feeds) }.min()
            watch.wait(for: wishes, upTo: due.map { $0 - clocks.monotonic() } ?? .seconds(60))
        }
        close(listener)
        for connection in connections { connection.close() }
    }

    private func count() {
        let dialling = connections.count { $0.isDialling }
        let reports = connections.compactMap { $0.report() }
        state.withLock { state in
            state.mostDialling = max(state.mostDialling, dialling)
            for (path, news) in reports {
                var counts = state.counts[path] ?? FeedCounts()
                counts.played += news.played
                counts.playing += news.playing
                counts.sent += news.sent
                counts.skipped += news.skipped
                counts.unauthorised += news.unauthorised
                state.counts[path] = counts
            }
        }
    }
}
