internal import CZlib
internal import Glibc

/// A gzip file, unpacked piece by piece: however much it would grow to, only one piece of it is in memory.
final class GzipFile {
    /// Why no more bytes come.
    enum Fault: Error {
        /// The file cannot be read.
        case unreadable
        /// What is compressed is damaged, or not gzip at all.
        case damaged
        /// The file ends in the middle.
        case truncated
    }

    private let file: UnsafeMutablePointer<FILE>
    private let state: UnsafeMutablePointer<z_stream>
    private let input: UnsafeMutableBufferPointer<UInt8>
    private var isComplete = false

    private static let pieceSize = 64 << 10

    /// Nil when the file cannot be opened.
    init?(path: String) {
        guard let file = fopen(path, "re") else { return nil }
        self.file = file
        input = .allocate(capacity: Self.pieceSize)
        state = .allocate(capacity: 1)
        state.initialize(to: z_stream())
        // 16 more than the largest window means: gzip, not zlib.
        guard inflateInit2_(state, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            return nil
        }
    }

    deinit {
        fclose(file)
        inflateEnd(state)
        state.deallocate()
        input.deallocate()
    }

    /// Fills `target`; returns false at the clean end of the file, where nothing more was due.
    func read(_ target: UnsafeMutableRawBufferPointer) throws(Fault) -> Bool {
        state.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        state.pointee.avail_out = UInt32(target.count)
        while state.pointee.avail_out > 0 {
            if state.pointee.avail_in == 0 { try refill() }
            if isComplete {
                guard state.pointee.avail_in > 0 else {
                    if state.pointee.avail_out == UInt32(target.count) { return false }
                    throw .truncated
                }
                // Another member follows: gzip files may be appended to each other.
                inflateReset(state)
                isComplete = false
            }
            guard state.pointee.avail_in > 0 else { throw .truncated }
            switch inflate(state, Z_NO_FLUSH) {
            case Z_OK, Z_BUF_ERROR: break
            case Z_STREAM_END: isComplete = true
            default: throw .damaged
            }
        }
        return true
    }

    private func refill() throws(Fault) {
        let count = fread(input.baseAddress, 1, input.count, file)
        guard ferror(file) == 0 else { throw .unreadable }
        state.pointee.next_in = input.baseAddress
        state.pointee.avail_in = UInt32(count)
    }
}
