internal import FoundationEssentials
internal import Glibc

/// The database's files as files.
extension StoreFile {
    /// 0 when there is none.
    static func size(_ path: String) -> Int64 { Int64(status(path)?.st_size ?? 0) }

    /// Nanoseconds since the epoch; 0 when there is none.
    static func modified(_ path: String) -> Int64 {
        guard let time = status(path)?.st_mtim else { return 0 }
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// What is free for this user on the file system that holds `path`'s folder; nil when it does not say.
    static func freeBytes(beside path: String) -> Int64? { space(beside: path)?.free }

    /// The file system that holds `path`'s folder.
    static func space(beside path: String) -> (free: Int64, total: Int64)? {
        var space = statvfs()
        guard statvfs(folder(of: path), &space) == 0, space.f_blocks > 0 else { return nil }
        return (Int64(space.f_bavail) * Int64(space.f_frsize), Int64(space.f_blocks) * Int64(space.f_frsize))
    }

    /// The largest file that this process may write; nil without a limit.
    static var fileSizeLimit: Int64? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0, limit.rlim_cur <= rlim_t(Int64.max)
        else { return nil }
        return Int64(limit.rlim_cur)
    }

    /// Files beside `path` whose names begin with its name and `marker`, sorted.
    static func siblings(of path: String, with marker: String) -> [String] {
        let folder = folder(of: path)
        let beginning = (path.split(separator: "/").last.map(String.init) ?? path) + marker
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasPrefix(beginning) }.sorted().map { folder + "/" + $0 }
    }

    static func remove(_ path: String) throws(StoreError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw failure("remove \(path)") }
    }

    /// Durable when it returns.
    static func rename(_ path: String, to name: String) throws(StoreError) {
        guard Glibc.rename(path, name) == 0 else { throw failure("rename \(path) to \(name)") }
        try syncFolder(of: name)
    }

    /// A durable copy under a new name.
    static func copy(_ path: String, to name: String) throws(StoreError) {
        if let free = freeBytes(beside: name), free < size(path) + (1 << 20) {
            throw StoreError(
                .full, "no room to copy \(path) first: \(ByteText.of(size(path))) needed, \(ByteText.of(free)) free")
        }
        do {
            try FileManager.default.copyItem(atPath: path, toPath: name)
        } catch {
            throw StoreError(.io, "cannot copy \(path) to \(name): \(error)", cause: error)
        }
        try sync(name)
        try syncFolder(of: name)
    }

    static func sync(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open \(path)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("write \(path)") }
    }

    /// Makes new names in the folder durable.
    static func syncFolder(of path: String) throws(StoreError) { try sync(folder(of: path)) }

    /// A file made beside the database belongs to its owner, whoever made it. Where that cannot be, it does no harm.
    static func adoptRights(of path: String, for other: String) {
        guard let status = status(path) else { return }
        if geteuid() == 0 { _ = chown(other, status.st_uid, status.st_gid) }
        _ = chmod(other, status.st_mode & 0o777)
    }

    /// Whether the file says that it is a database of ours, whatever else is wrong with it.
    static func isOurs(_ path: String) -> Bool {
        guard let file = fopen(path, "re") else { return false }
        defer { fclose(file) }
        var header = [UInt8](repeating: 0, count: 100)
        guard fread(&header, 1, header.count, file) == header.count else { return false }
        let identifier = header[68..<72].reduce(Int32(0)) { $0 << 8 | Int32($1) }
        return header.starts(with: Array("SQLite format 3\0".utf8)) && identifier == StoreSchema.applicationID
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }

    static func failure(_ deed: String) -> StoreError {
        let code: StoreError.Code =
            switch errno {
            case ENOSPC, EDQUOT, EFBIG: .full
            case EACCES, EPERM, EROFS: .denied
            default: .io
            }
        return StoreError(code, "cannot \(deed): \(String(cString: strerror(errno)))")
    }
}
