public import Analysis
internal import Glibc

/// Reads a recorded verdict log from its beginning, one verdict at a time; the log may be of any length.
///
/// One thread at a time.
public struct VerdictLogReader: ~Copyable, Sendable {
    public let path: String
    /// The number of the line that was read last, from 1; 0 before the first.
    public private(set) var line = 0
    /// Whether the last line has no line feed, cut off by a crash; it is left out.
    public private(set) var isCut = false
    private let descriptor: Int32
    /// What was read from the file and not handed out.
    private var bytes: [UInt8] = []
    /// Where the next line begins, and from where on no line feed was looked for.
    private var start = 0
    private var unsearched = 0

    private static let pieceBytes = 1 << 16
    /// Hundreds of objects, each with a mask, are far below.
    private static let longestLine = 1 << 24

    /// - Throws: `StoreError` `.missing` when there is no such file, or no permission to read it.
    public init(path: String) throws(StoreError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(path) }
    }

    deinit { close(descriptor) }

    /// The next verdict; nil at the end.
    ///
    /// - Throws: `StoreError`: `.malformed` with the line's number, `.missing` when the file cannot be read.
    public mutating func next() throws(StoreError) -> Verdict? {
        while true {
            if let end = bytes[unsearched...].firstIndex(of: UInt8(ascii: "\n")) {
                let text = String(decoding: bytes[start..<end], as: UTF8.self)
                start = end + 1
                unsearched = start
                line += 1
                if !text.isEmpty { return try VerdictLog.decode(text, at: "\(path):\(line)") }
            } else {
                bytes.removeFirst(start)
                start = 0
                unsearched = bytes.count
                guard bytes.count <= Self.longestLine else {
                    throw StoreError(.malformed, "\(path):\(line + 1): not a verdict: the line is too long")
                }
                guard try readOn() else {
                    isCut = !bytes.isEmpty
                    return nil
                }
            }
        }
    }

    /// False at the end of the file.
    private mutating func readOn() throws(StoreError) -> Bool {
        let before = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: Self.pieceBytes))
        let count = bytes.withUnsafeMutableBytes { memory in
            read(descriptor, memory.baseAddress?.advanced(by: before), Self.pieceBytes)
        }
        guard count >= 0 else { throw Self.failure(path) }
        bytes.removeLast(Self.pieceBytes - count)
        return count > 0
    }

    private static func failure(_ path: String) -> StoreError {
        StoreError(.missing, "cannot read the verdict log \(path): \(String(cString: strerror(errno)))")
    }
}
