internal import FoundationEssentials
internal import Glibc

/// A version of a profile as it lies in the store.
public struct StoredVersion: Sendable {
    public let number: Int
    public let folder: String
    public let isInForce: Bool
    /// What it says about itself; its other files are not looked at. See `ProfileStore.verify(_:of:)`.
    public let record: Result<ProfileRecord, AnalysisError>
}

/// Versions: which there are, which is in force, and how that changes.
///
/// A switch is announced by the link `current.new`, carried out by renaming it over `current`, and lasting before it
/// returns. Whatever moment a crash falls on, `current` names a complete version, and `recover` or the next change brings
/// an announced switch to its end.
extension ProfileStore {
    /// Versions that are kept when a new one is installed; the one that was in force until then is kept besides.
    static let keptVersions = 5

    /// Number of the version in force; nil without one.
    public func versionInForce(_ profile: String) -> Int? { target(of: currentLink(profile)) }

    /// All versions, ascending.
    public func history(_ profile: String) -> [StoredVersion] {
        let current = versionInForce(profile)
        return versions(profile).map { number in
            let folder = versionFolder(profile, number)
            let record = Result { () throws(AnalysisError) in try Self.record(folder: folder) }
            return StoredVersion(number: number, folder: folder, isInForce: number == current, record: record)
        }
    }

    /// Checks one version: its record, and the checksums of all its files.
    /// - Throws: `AnalysisError` (`missingProfile`, `badProfile`).
    @discardableResult
    public func verify(_ version: Int, of profile: String) throws(AnalysisError) -> ProfileRecord {
        let folder = versionFolder(profile, version)
        guard FileManager.default.fileExists(atPath: folder) else {
            let known = versions(profile).map(String.init).joined(separator: ", ")
            throw AnalysisError(
                .missingProfile,
                "\(self.folder(profile)) has no version \(version); "
                    + (known.isEmpty ? "it has none" : "it has: \(known)"))
        }
        let record = try Self.verifiedRecord(folder: folder)
        guard record.version == version else {
            throw AnalysisError(
                .badProfile, "\(folder): its \(Self.recordName) is that of version \(record.version); learn again")
        }
        return record
    }

    /// Puts another version in force; it is verified before.
    /// - Throws: `AnalysisError` (`missingProfile`, `badProfile`, `unwritableProfile`); nothing is changed then.
    @discardableResult
    public func activate(_ version: Int, of profile: String) throws(AnalysisError) -> ProfileRecord {
        let record = try verify(version, of: profile)
        let lock = try ProfileLock(folder(profile))
        defer { withExtendedLifetime(lock) {} }
        try settle(profile)
        try announce(version, of: profile)
        try carryOutSwitch(profile)
        return record
    }

    /// Puts an earlier version in force: the one before the present one unless told otherwise. Later versions stay, so it
    /// can be taken back.
    /// - Throws: `AnalysisError` (`missingProfile`, `badProfile`, `unwritableProfile`); nothing is changed then.
    @discardableResult
    public func rollBack(_ profile: String, to version: Int? = nil) throws(AnalysisError) -> ProfileRecord {
        if let version { return try activate(version, of: profile) }
        guard let current = versionInForce(profile) else {
            throw AnalysisError(
                .missingProfile,
                "\(folder(profile)): no profile yet; learn one with: monitorctl learn --camera \(profile)")
        }
        guard let previous = versions(profile).last(where: { $0 < current }) else {
            throw AnalysisError(
                .missingProfile, "\(folder(profile)): there is no version before \(current), which is in force")
        }
        return try activate(previous, of: profile)
    }

    /// Brings a switch that a crash interrupted to its end, or drops it when its version never came to be.
    /// - Returns: the record of the version that came in force by this; nil when there was nothing to do.
    /// - Throws: `AnalysisError.Code.unwritableProfile`.
    @discardableResult
    public func recover(_ profile: String) throws(AnalysisError) -> ProfileRecord? {
        guard FileManager.default.fileExists(atPath: folder(profile)) else { return nil }
        let lock = try ProfileLock(folder(profile))
        defer { withExtendedLifetime(lock) {} }
        return try settle(profile)
    }

    /// Drops what a learning run gathered, all at once: a crash in the middle leaves nothing that looks like a beginning.
    public func discardLearning(_ profile: String) {
        remove(learningFolder(profile), by: learningFolder(profile) + ".old")
    }

    // MARK: - Under the lock

    /// See `recover`.
    @discardableResult
    func settle(_ profile: String) throws(AnalysisError) -> ProfileRecord? {
        let announced = announcedLink(profile)
        guard let version = target(of: announced) else {
            unlink(announced)
            return nil
        }
        do {
            let record = try verify(version, of: profile)
            try carryOutSwitch(profile)
            return record
        } catch {
            if error.code == .unwritableProfile { throw error }
            unlink(announced)
            return nil
        }
    }

    /// Notes which version is to be in force next; it may still be on its way.
    func announce(_ version: Int, of profile: String) throws(AnalysisError) {
        let link = announcedLink(profile)
        unlink(link)
        let target = String(versionFolder(profile, version).dropFirst(folder(profile).count + 1))
        guard symlink(target, link) == 0 else { throw cannotSwitch(profile) }
    }

    /// Switches `current` to the announced version, for good.
    func carryOutSwitch(_ profile: String) throws(AnalysisError) {
        // The version's folder must not come after its link.
        Self.sync(folder(profile))
        guard rename(announcedLink(profile), currentLink(profile)) == 0 else { throw cannotSwitch(profile) }
        Self.sync(folder(profile))
    }

    /// Removes all versions but the newest, the one in force and the one `former` in force, and what earlier removals left.
    func prune(_ profile: String, former: Int?) {
        let current = versionInForce(profile)
        for version in versions(profile).dropLast(Self.keptVersions) where version != current && version != former {
            let folder = versionFolder(profile, version)
            remove(folder, by: folder + Self.removed)
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder(profile))) ?? []
        for name in names where name.hasPrefix("v") && name.hasSuffix(Self.removed) {
            try? FileManager.default.removeItem(atPath: "\(folder(profile))/\(name)")
        }
    }

    // MARK: - Files

    private static let removed = ".removed"

    private func currentLink(_ profile: String) -> String { folder(profile) + "/current" }

    private func announcedLink(_ profile: String) -> String { folder(profile) + "/current.new" }

    private func target(of link: String) -> Int? {
        let target = try? FileManager.default.destinationOfSymbolicLink(atPath: link)
        return target.flatMap { $0.hasPrefix("v") ? Int($0.dropFirst()) : nil }
    }

    private func cannotSwitch(_ profile: String) -> AnalysisError {
        AnalysisError(
            .unwritableProfile, "\(currentLink(profile)): cannot switch: \(String(cString: strerror(errno)))")
    }

    /// Gives the folder another name first, so that it is never seen half removed.
    private func remove(_ folder: String, by name: String) {
        try? FileManager.default.removeItem(atPath: name)
        guard rename(folder, name) == 0 else { return }
        try? FileManager.default.removeItem(atPath: name)
    }

    /// Makes a file, or a folder with everything in it, last through a power cut.
    static func sync(tree path: String) {
        let children = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        for name in children { sync(tree: "\(path)/\(name)") }
        sync(path)
    }

    private static func sync(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}

/// Keeps other programs from switching the versions of the same profile; waits for them. The kernel lets go of it when
/// the process dies.
struct ProfileLock: ~Copyable, Sendable {
    private let descriptor: Int32

    init(_ folder: String) throws(AnalysisError) {
        descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw AnalysisError(
                .unwritableProfile, "\(folder): cannot be opened: \(String(cString: strerror(errno)))")
        }
        while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
    }

    deinit { close(descriptor) }
}
