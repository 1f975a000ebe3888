internal import FoundationEssentials
internal import Glibc

/// A folder of bundles, one folder each.
public struct ModelLibrary: Sendable {
    public let folder: String

    public init(folder: String) { self.folder = folder }

    /// Names of the bundles: folders with a card. Hidden folders are bundles in the making.
    /// - Throws: `ModelFileError.Code.unreadable`.
    public func names() throws(ModelFileError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).filter {
                !$0.hasPrefix(".") && FileManager.default.fileExists(atPath: "\(folder)/\($0)/card.json")
            }.sorted()
        } catch {
            throw ModelFileError(
                .unreadable, "\(folder): cannot read the folder of models; name another one with --models")
        }
    }

    public func path(of name: String) -> String { "\(folder)/\(name)" }

    /// Why a bundle cannot have this name, as a sentence; nil when it can.
    public static func problem(withName name: String) -> String? {
        let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
        let isGood =
            (1...64).contains(name.count) && name.allSatisfy(allowed.contains) && !"-_.".contains(name.prefix(1))
        return isGood
            ? nil
            : "\"\(name)\" is no name for a model; use up to 64 lower-case letters, digits, -, _ and ., beginning with a "
                + "letter or digit"
    }

    /// Makes a bundle's folder and gives it its name only when it is complete: `fill` writes into a hidden folder beside.
    ///
    /// - Parameter replacing: whether a bundle of this name gives way; it stays until the new one is complete.
    /// - Returns: the bundle's path.
    /// - Throws: `ModelFileError`: `unwritable`, or what `fill` throws; then nothing of the new bundle is left.
    public func install(
        _ name: String, replacing: Bool, fill: (String) throws(ModelFileError) -> Void
    ) throws(ModelFileError) -> String {
        if let problem = Self.problem(withName: name) { throw ModelFileError(.unwritable, problem) }
        let target = path(of: name)
        let files = FileManager.default
        guard replacing || !files.fileExists(atPath: target) else {
            throw ModelFileError(
                .unwritable, "\(target): there is a model of this name; choose another name, or give --replace")
        }
        let draft = "\(folder)/.\(name).incoming"
        let former = "\(folder)/.\(name).former"
        // Left behind when the machine or the program died; between the two renamings, the former bundle is the only one.
        if !files.fileExists(atPath: target) { _ = Glibc.rename(former, target) }
        try? files.removeItem(atPath: draft)
        try? files.removeItem(atPath: former)
        do {
            try files.createDirectory(atPath: draft, withIntermediateDirectories: true)
        } catch {
            throw ModelFileError(
                .unwritable, "\(folder): cannot create a folder for the model there; may you write to it?")
        }
        defer {
            try? files.removeItem(atPath: draft)
            try? files.removeItem(atPath: former)
        }
        try fill(draft)
        if files.fileExists(atPath: target) { try Self.rename(target, former) }
        do throws(ModelFileError) {
            try Self.rename(draft, target)
        } catch {
            try? Self.rename(former, target)
            throw error
        }
        AtomicFile.syncFolder(of: target)
        return target
    }

    private static func rename(_ old: String, _ new: String) throws(ModelFileError) {
        guard Glibc.rename(old, new) == 0 else {
            throw ModelFileError(.unwritable, "\(new): cannot rename \(old): \(String(cString: strerror(errno)))")
        }
    }
}
