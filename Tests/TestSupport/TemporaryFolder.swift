public import FoundationEssentials

/// A folder of its own that goes away with its owner.
public final class TemporaryFolder: Sendable {
    public let path: String

    /// - Parameter inMemory: where syncing costs nothing, if the machine has such a place.
    public init(inMemory: Bool = false) {
        let isThere = inMemory && FileManager.default.isWritableFile(atPath: "/dev/shm")
        let place = isThere ? "/dev/shm" : FileManager.default.temporaryDirectory.path
        path = place + "/monitor-test-" + UUID().uuidString
        try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { remove() }

    public func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a file in the folder.
    public func file(_ name: String) -> String { path + "/" + name }

    /// Names of what is in the folder.
    public func names() -> Set<String> { Set(try! FileManager.default.contentsOfDirectory(atPath: path)) }

    /// Writes a file and returns its path.
    @discardableResult
    public func write(_ data: Data, _ name: String) throws -> String {
        try data.write(to: URL(filePath: file(name)))
        return file(name)
    }
}
