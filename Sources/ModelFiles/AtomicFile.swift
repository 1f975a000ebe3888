public import FoundationEssentials
internal import Glibc

/// Replaces files so that a reader, or a restart after a power cut, sees the old or the new contents and nothing between.
public enum AtomicFile {
    /// Writes a temporary file beside `path`, syncs it, renames it over `path` and syncs the folder.
    /// - Throws: `ModelFileError.Code.unwritable`.
    public static func write(_ data: Data, to path: String) throws(ModelFileError) {
        let temporary = path + ".tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure(path, "cannot create") }
        var written = 0
        let complete = data.withUnsafeBytes { bytes in
            while written < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
                if count < 0 && errno == EINTR { continue }
                if count <= 0 { return false }
                written += count
            }
            return fsync(descriptor) == 0
        }
        let error = complete ? nil : failure(path, "cannot write")
        close(descriptor)
        if let error {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else { throw failure(path, "cannot replace") }
        syncFolder(of: path)
    }

    /// Makes a renaming in the folder of `path` last.
    static func syncFolder(of path: String) {
        let folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
        let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func failure(_ path: String, _ what: String) -> ModelFileError {
        ModelFileError(.unwritable, "\(path): \(what): \(String(cString: strerror(errno)))")
    }
}
