internal import Basics

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
