import Glibc

/// Why an export was not written, in one line that says what to do.
struct ExportError: Error, CustomStringConvertible {
    enum Code { case exists, unwritable, tooLarge }

    let code: Code
    let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}

/// A new file that is written from its beginning to its end, and read again.
final class OutputFile {
    let path: String
    private(set) var count = 0
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    private static let piece = 1 << 16

    /// What messages call it.
    private let name: String

    /// Nothing may exist at the path.
    /// - Parameter name: for messages, where the path is a temporary one.
    init(_ path: String, name: String? = nil) throws(ExportError) {
        self.path = path
        self.name = name ?? path
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(self.name) }
    }

    deinit { close(descriptor) }

    /// Another way to it, also after it lost its name.
    var link: String { "/proc/self/fd/\(descriptor)" }

    func append(_ bytes: some Collection<UInt8>) throws(ExportError) {
        buffer += bytes
        count += bytes.count
        if buffer.count >= Self.piece { try flush() }
    }

    /// Overwrites what was appended before.
    func patch(_ bytes: [UInt8], at offset: Int) throws(ExportError) {
        try flush()
        guard pwrite(descriptor, bytes, bytes.count, offset) == bytes.count else { throw Self.failure(name) }
    }

    /// Hands all of it out again, in pieces.
    func read(_ body: ([UInt8]) throws(ExportError) -> Void) throws(ExportError) {
        try flush()
        var offset = 0
        var piece = [UInt8](repeating: 0, count: Self.piece)
        while offset < count {
            let length = pread(descriptor, &piece, piece.count, offset)
            if length < 0 && errno == EINTR { continue }
            guard length > 0 else { throw Self.failure(name) }
            try body(Array(piece[..<length]))
            offset += length
        }
    }

    /// All of it is on the disk when this returns.
    /// - Parameter modifiedMs: what the file's time becomes; nil leaves it.
    func finish(modifiedMs: Int64? = nil) throws(ExportError) {
        try flush()
        if let modifiedMs {
            let time = timespec(tv_sec: Int(modifiedMs / 1000), tv_nsec: Int(modifiedMs % 1000) * 1_000_000)
            _ = futimens(descriptor, [time, time])
        }
        guard fsync(descriptor) == 0 else { throw Self.failure(name) }
    }

    private func flush() throws(ExportError) {
        var sent = 0
        while sent < buffer.count {
            let length = buffer.withUnsafeBytes { write(descriptor, $0.baseAddress! + sent, buffer.count - sent) }
            if length < 0 && errno == EINTR { continue }
            guard length > 0 else { throw Self.failure(name) }
            sent += length
        }
        buffer.removeAll(keepingCapacity: true)
    }

    static func failure(_ path: String) -> ExportError {
        let reason =
            switch errno {
            case ENOSPC, EDQUOT: "no space left; nothing is left behind; choose another place, or fewer events with --since"
            case EFBIG: "larger than files may be here; choose another place, or fewer events with --since"
            case EACCES, EPERM, EROFS: "cannot be written; choose a folder that you may write to"
            case ENOENT: "the folder around it does not exist; create it"
            default: String(cString: strerror(errno))
            }
        return ExportError(.unwritable, "\(path): \(reason)")
    }
}
