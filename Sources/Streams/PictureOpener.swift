internal import Basics
package import Imaging

/// Where streams are decoded.
public enum DecodingPlace: Sendable, Hashable {
    /// In this process: for streams that are trusted, such as one's own recordings.
    case here
    /// In a confined process of its own, running this program (`monitor-decoder`).
    case process(executable: String)
}

/// Opens one source as often as it takes. Used by one thread.
package protocol PictureOpener: AnyObject {
    /// Returns when the source can be reached. Throws as `Reachability.check`.
    func probe() throws(StreamError)
    /// Connects within the source's time limit.
    func open() throws(StreamError) -> any PictureSource
    /// Connects likewise, for single pictures.
    func keep() throws(StreamError) -> any StillSource
}

extension SourceDescription {
    /// - Parameters:
    ///   - camera: for `ps` and the like.
    ///   - interrupt: ends opening and reading from any thread.
    ///   - memory: where pictures are put.
    package func opener(
        in place: DecodingPlace, camera: String, interrupt: Interrupt, memory: any PictureMemory
    ) -> any PictureOpener {
        let opener: any PictureOpener =
            switch place {
            case .here: LocalOpener(self, interrupt: interrupt, memory: memory)
            case .process(let executable):
                WorkerOpener(self, executable: executable, camera: camera, interrupt: interrupt, memory: memory)
            }
        return privacy.isEmpty ? opener : PrivacyOpener(opener, privacy)
    }
}

/// Reads within this process.
final class LocalOpener: PictureOpener {
    private let source: SourceDescription
    private let interrupt: Interrupt
    private let memory: any PictureMemory

    init(_ source: SourceDescription, interrupt: Interrupt, memory: any PictureMemory) {
        self.source = source
        self.interrupt = interrupt
        self.memory = memory
    }

    func probe() throws(StreamError) { try Reachability.check(source, interrupt: interrupt) }
    func open() throws(StreamError) -> any PictureSource { try source.open(interrupt: interrupt, memory: memory) }

    func keep() throws(StreamError) -> any StillSource {
        try StreamKeeper(source, interrupt: interrupt, memory: memory)
    }
}
