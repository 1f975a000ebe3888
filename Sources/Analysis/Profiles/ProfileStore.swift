internal import Basics
internal import FoundationEssentials
internal import Glibc
internal import ModelFiles

/// The folder of learned profiles: `<root>/<profile>/v0001/…`, with the link `current` naming the version in force.
///
/// A version folder is complete and verified before `current` is switched to it, by one rename; the previous version
/// stays, and some before it. Material of an unfinished learning run lies in `<root>/<profile>/learning`.
public struct ProfileStore: Sendable {
    public static let recordName = "profile.json"
    package static let objectsName = "objects.safetensors"
    package static let pixelsName = "pixels.safetensors"
    package static let backgroundName = "background.safetensors"
    /// What proving the profile showed; see the false-alarm budget.
    public static let evidenceName = "evidence.json"

    public let root: String

    public init(root: String) { self.root = root }

    package func folder(_ profile: String) -> String { "\(root)/\(profile)" }

    /// Where a learning run keeps what it gathered until it is done.
    public func learningFolder(_ profile: String) -> String { folder(profile) + "/learning" }

    /// Where the daemon keeps what a camera saw with a profile, which other cameras may use too: evidence for the budget,
    /// and what the background drifted to.
    public func liveFolder(_ profile: String, camera: String) -> String { "\(folder(profile))/live/\(camera)" }

    /// What a camera saw with a regime of the version in force since it was learned.
    public func liveEvidence(_ profile: String, camera: String, _ part: RegimeRecord) -> String {
        "\(liveFolder(profile, camera: camera))/v\(part.learnedInVersion)-\(part.regime.rawValue)-\(Self.evidenceName)"
    }

    /// The cameras of which something is kept, sorted.
    public func liveCameras(_ profile: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder(profile) + "/live")) ?? []).sorted()
    }

    public func versionFolder(_ profile: String, _ version: Int) -> String {
        var digits = String(version)
        while digits.count < 4 { digits = "0" + digits }
        return "\(folder(profile))/v\(digits)"
    }

    /// Numbers of the complete versions, ascending.
    public func versions(_ profile: String) -> [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder(profile))) ?? []
        return names.compactMap { $0.hasPrefix("v") ? Int($0.dropFirst()) : nil }.sorted()
    }

    /// Names of all profiles that have a version in force, sorted.
    public func names() -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.filter { FileManager.default.fileExists(atPath: "\(folder($0))/current/\(Self.recordName)") }
            .sorted()
    }

    /// The record of the version in force, checked: format, and checksums of all files.
    /// - Throws: `AnalysisError` (`missingProfile`, `badProfile`).
    public func current(_ profile: String) throws(AnalysisError) -> (record: ProfileRecord, folder: String) {
        let folder = folder(profile) + "/current"
        let path = folder + "/" + Self.recordName
        guard FileManager.default.fileExists(atPath: path) else {
            throw AnalysisError(
                .missingProfile,
                "\(path): no profile yet; learn one with: monitorctl learn --camera \(profile)")
        }
        // The version's own folder: the link may move on while its files are read.
        let target = (try? FileManager.default.destinationOfSymbolicLink(atPath: folder)) ?? "current"
        let version = "\(self.folder(profile))/\(target)"
        return (try Self.verifiedRecord(folder: version), version)
    }

    /// Reads the record of one version folder, without a look at its other files.
    static func record(folder: String) throws(AnalysisError) -> ProfileRecord {
        let path = folder + "/" + recordName
        struct Header: Decodable { let format: Int }
        let header: Header
        var record: ProfileRecord?
        do {
            let data = try Data(contentsOf: URL(filePath: path))
            header = try JSONDecoder().decode(Header.self, from: data)
            if header.format == ProfileRecord.currentFormat {
                record = try JSONDecoder().decode(ProfileRecord.self, from: data)
            }
        } catch {
            throw AnalysisError(.badProfile, "\(path): not a profile record; learn the camera again", cause: error)
        }
        guard let record else {
            throw AnalysisError(
                .badProfile,
                "\(path): profile format \(header.format), this program reads \(ProfileRecord.currentFormat); learn again"
            )
        }
        guard Set(record.regimes.map(\.regime)).count == record.regimes.count,
            record.regimes.allSatisfy(\.thresholds.isProper)
        else {
            throw AnalysisError(.badProfile, "\(path): regimes or thresholds make no sense; learn the camera again")
        }
        return record
    }

    /// Reads and checks the record and the files of one version folder.
    package static func verifiedRecord(folder: String) throws(AnalysisError) -> ProfileRecord {
        let record = try record(folder: folder)
        for (name, expected) in record.files.sorted(by: { $0.key < $1.key }) {
            let file = folder + "/" + name
            let found: String
            do throws(ModelFileError) { found = try Checksum.sha256(file: file).digest } catch {
                throw AnalysisError(.badProfile, "\(error.message); learn the camera again", cause: error)
            }
            guard found == expected else {
                throw AnalysisError(
                    .badProfile, "\(file): damaged (checksum differs from \(recordName)); learn the camera again")
            }
        }
        return record
    }

    /// Moves a complete staged folder into place as `record.version` and puts it in force.
    /// - Throws: `AnalysisError` (`unwritableProfile`, `badProfile`); the previous version then stays in force.
    package func install(staged: String, record: ProfileRecord, as profile: String) throws(AnalysisError) {
        var record = record
        do {
            for name in try Self.files(under: staged) where name != Self.recordName && record.files[name] == nil {
                record.files[name] = try Checksum.sha256(file: "\(staged)/\(name)").digest
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try AtomicFile.write(encoder.encode(record), to: staged + "/" + Self.recordName)
        } catch {
            throw AnalysisError(.unwritableProfile, "\(staged): \(error)", cause: error)
        }
        _ = try Self.verifiedRecord(folder: staged)

        Self.sync(tree: staged)

        let lock = try ProfileLock(folder(profile))
        defer { withExtendedLifetime(lock) {} }
        try settle(profile)
        let destination = versionFolder(profile, record.version)
        guard !FileManager.default.fileExists(atPath: destination) else {
            throw AnalysisError(.unwritableProfile, "\(destination): cannot create: it exists already")
        }
        // Announced before it exists, so that a crash between the two renames leaves a switch that can be completed.
        try announce(record.version, of: profile)
        guard rename(staged, destination) == 0 else {
            throw AnalysisError(
                .unwritableProfile, "\(destination): cannot create: \(String(cString: strerror(errno)))")
        }
        let former = versionInForce(profile)
        try carryOutSwitch(profile)
        prune(profile, former: former)
    }

    /// Paths of all files below a folder, relative to it. A folder in the place of tensors counts, and then cannot be read.
    private static func files(under folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).filter { name in
            var isFolder = false
            return FileManager.default.fileExists(atPath: "\(folder)/\(name)", isDirectory: &isFolder)
                && (!isFolder || name.hasSuffix(".safetensors"))
        }
    }
}
