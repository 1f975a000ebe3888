internal import Glibc

/// A file beside the database that holds nothing but room, which it gives up for events when the disk is full.
struct Ballast {
    let path: String

    init(database: String) { path = database + ".reserve" }

    var isThere: Bool { StoreFile.exists(path) }

    /// Takes the room. Without any, or on file systems that cannot promise it, there is no reserve.
    func take(_ bytes: Int64, rightsOf database: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { return }
        let isTaken = posix_fallocate(descriptor, 0, off_t(bytes)) == 0
        close(descriptor)
        if isTaken { StoreFile.adoptRights(of: database, for: path) } else { release() }
    }

    func release() { unlink(path) }
}
