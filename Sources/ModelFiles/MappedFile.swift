internal import Glibc

/// A whole file, mapped into memory for reading.
///
/// Files are replaced by renaming, never written in place, so that a mapping stays valid. `@unchecked Sendable`: the
/// mapping is read-only.
final class MappedFile: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer

    /// - Parameters:
    ///   - kind: what the file should be, for messages.
    ///   - minimum: bytes that such a file has at least.
    /// - Throws: `ModelFileError` (`unreadable`, `truncated`).
    init(path: String, kind: String, minimum: Int) throws(ModelFileError) {
        // Opening a named pipe would wait for a writer otherwise.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw ModelFileError(.unreadable, "\(path): cannot open: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ModelFileError(.unreadable, "\(path): not a regular file")
        }
        guard status.st_size >= max(minimum, 1) else {
            throw ModelFileError(.truncated, "\(path): \(status.st_size) bytes are too few for \(kind)")
        }
        let start = mmap(nil, Int(status.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let start, start != MAP_FAILED else {
            throw ModelFileError(.unreadable, "\(path): cannot map: \(String(cString: strerror(errno)))")
        }
        bytes = UnsafeRawBufferPointer(start: start, count: Int(status.st_size))
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }

    /// The bytes of a range inside the file.
    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }

    /// Tells the kernel that a range has been read: its pages no longer count as this process's memory. They may be read
    /// again, from the page cache or the file.
    func release(_ range: Range<Int>) {
        let page = Int(getpagesize())
        let first = range.lowerBound / page * page
        guard !range.isEmpty, let start = bytes.baseAddress else { return }
        madvise(UnsafeMutableRawPointer(mutating: start + first), range.upperBound - first, MADV_DONTNEED)
    }
}
