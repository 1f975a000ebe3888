import FoundationEssentials
import Glibc

/// Where an export is written: under a temporary name beside its place, which it takes when it is complete.
protocol ExportTarget: AnyObject {
    /// Adds bytes that do not shrink.
    func add(_ name: String, _ bytes: [UInt8], modifiedMs: Int64) throws(ExportError)
    func add(_ name: String, _ content: OutputFile, modifiedMs: Int64) throws(ExportError)
    /// Puts the complete export in its place. Nothing is left behind unless this succeeded.
    func commit() throws(ExportError)
}

/// The rules that both forms share.
enum ExportPlace {
    static func temporary(_ path: String) -> String { "\(path).part-\(getpid())" }

    /// Refuses what exists already, unless it is an export that may be replaced.
    /// - Parameter isExport: whether what lies at the path can be one.
    static func check(_ path: String, force: Bool, isExport: (String) -> Bool) throws(ExportError) {
        guard FileManager.default.fileExists(atPath: path) else { return }
        guard force else { throw ExportError(.exists, "\(path) exists; choose another name, or replace it with --force") }
        guard isExport(path) else {
            throw ExportError(.exists, "\(path) is no export, so it is not replaced; choose another name")
        }
    }
}

/// An export as a folder.
final class ExportFolder: ExportTarget {
    private let path: String
    private let temporary: String
    private var isCommitted = false

    init(_ path: String, force: Bool) throws(ExportError) {
        self.path = path
        temporary = ExportPlace.temporary(path)
        try ExportPlace.check(path, force: force) { path in
            ["events.json", "SHA256SUMS"].allSatisfy { FileManager.default.fileExists(atPath: "\(path)/\($0)") }
        }
        guard mkdir(temporary, 0o755) == 0, mkdir("\(temporary)/\(Exporter.pictureFolder)", 0o755) == 0 else {
            throw OutputFile.failure(path)
        }
    }

    deinit { if !isCommitted { try? FileManager.default.removeItem(atPath: temporary) } }

    func add(_ name: String, _ bytes: [UInt8], modifiedMs: Int64) throws(ExportError) {
        let file = try OutputFile("\(temporary)/\(name)", name: "\(path)/\(name)")
        try file.append(bytes)
        try file.finish(modifiedMs: modifiedMs)
    }

    func add(_ name: String, _ content: OutputFile, modifiedMs: Int64) throws(ExportError) {
        let file = try OutputFile("\(temporary)/\(name)", name: "\(path)/\(name)")
        try content.read { (piece) throws(ExportError) in try file.append(piece) }
        try file.finish(modifiedMs: modifiedMs)
    }

    func commit() throws(ExportError) {
        let former = "\(path).old-\(getpid())"
        let replaces = FileManager.default.fileExists(atPath: path)
        guard !replaces || rename(path, former) == 0, rename(temporary, path) == 0 else {
            throw OutputFile.failure(path)
        }
        isCommitted = true
        if replaces { try? FileManager.default.removeItem(atPath: former) }
    }
}

/// An export as a zip file.
final class ExportArchive: ExportTarget {
    private let path: String
    private let file: OutputFile
    private let archive: ZipArchive
    private let root: String
    private var isCommitted = false

    init(_ path: String, force: Bool) throws(ExportError) {
        self.path = path
        try ExportPlace.check(path, force: force) { path in
            var isFolder = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder
        }
        file = try OutputFile(ExportPlace.temporary(path), name: path)
        archive = ZipArchive(file)
        // Unpacked, everything lies in one folder named like the file.
        root = URL(filePath: path).deletingPathExtension().lastPathComponent
    }

    deinit { if !isCommitted { unlink(file.path) } }

    func add(_ name: String, _ bytes: [UInt8], modifiedMs: Int64) throws(ExportError) {
        try archive.add("\(root)/\(name)", stored: bytes, modifiedMs: modifiedMs)
    }

    func add(_ name: String, _ content: OutputFile, modifiedMs: Int64) throws(ExportError) {
        try archive.add("\(root)/\(name)", content, modifiedMs: modifiedMs)
    }

    func commit() throws(ExportError) {
        try archive.finish()
        try file.finish()
        guard rename(file.path, path) == 0 else { throw OutputFile.failure(path) }
        isCommitted = true
    }
}
