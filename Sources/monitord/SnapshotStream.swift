import Alerting
import Basics
import Capture
import Logging
import Service
import Streams

/// A camera's main stream in the daemon: where its events get sharp pictures from, and what is told of it.
///
/// Its failures are logged and shown; they are no concern of the analysed stream.
final class SnapshotStream: Sendable {
    private let stream: MainStream
    /// What is wrong with it; nil while it is connected.
    private let trouble: Locked<String?>
    private let log: Logger

    init(camera: String, source: SourceDescription, clocks: any Clocks, log: Logger) {
        let trouble = Locked<String?>(nil)
        self.trouble = trouble
        self.log = log
        stream = MainStream(camera: camera, source: source, clocks: clocks, decoding: DecoderProgram.place) {
            @Sendable event in
            switch event {
            case .connected(let info):
                trouble.withLock { $0 = nil }
                log.info("main stream: \(info.words)")
            case .lost(let error), .failed(let error):
                let words = "main stream: \(error.message)"
                let isNew = trouble.withLock { before in
                    defer { before = words }
                    return before == nil
                }
                // Once per outage.
                if isNew { log.warning("\(words); events get pictures of the detect stream") }
            case .changed, .retrying, .ended: break
            }
        }
    }

    func start() { stream.start() }
    func stop(timeout: Duration = .seconds(2)) { stream.stop(timeout: timeout) }

    /// For the camera's status; nil while all is well.
    var detail: String? { trouble.withLock { $0 } }

    var pictures: EventRecorder.StillProvider {
        { @Sendable [self] time, answer in
            stream.still(at: time) { found in
                switch found {
                case .still(let still): answer(still)
                case .missing(let reason):
                    // An outage was told already.
                    if self.detail == nil { self.log.info("an event's picture is the detect stream's: \(reason)") }
                    answer(nil)
                }
            }
        }
    }
}
