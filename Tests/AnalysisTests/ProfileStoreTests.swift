import Analysis
import FoundationEssentials
import TestSupport
import Testing

@Suite struct ProfileStoreTests {
    private let folder = TemporaryFolder()
    private var store: ProfileStore { ProfileStore(root: folder.path) }

    private func record(_ version: Int) -> ProfileRecord {
        ProfileRecord(
            camera: "yard", version: version, model: "default@0", createdWallMs: 1_700_000_000_000, seed: 1,
            sources: ["clip.mp4"],
            regimes: [
                RegimeRecord(
                    .day, version: version, firstWallMs: 0, lastWallMs: 24_000, framesLearned: 90, framesHeldOut: 30,
                    patchRows: 1000, objectRows: 50)
            ])
    }

    /// A folder as learning leaves it, with contents that tell the version.
    private func stage(_ version: Int, of profile: String = "yard") throws -> String {
        let staged = store.learningFolder(profile) + "/staged"
        try FileManager.default.createDirectory(atPath: staged, withIntermediateDirectories: true)
        for name in [ProfileStore.pixelsName, ProfileStore.objectsName, ProfileStore.backgroundName] {
            try Data("\(name) of version \(version)".utf8).write(to: URL(filePath: "\(staged)/\(name)"))
        }
        return staged
    }

    private func install(_ version: Int) throws {
        try store.install(staged: stage(version), record: record(version), as: "yard")
    }

    private func contents(_ name: String) throws -> String {
        let path = try store.current("yard").folder + "/" + name
        return String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }

    private func expectVersionInForce(_ version: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let current = try store.current("yard")
        #expect(current.record.version == version, sourceLocation: sourceLocation)
        let pixels = try contents(ProfileStore.pixelsName)
        #expect(pixels == "\(ProfileStore.pixelsName) of version \(version)", sourceLocation: sourceLocation)
    }

    @Test func `an installed version is in force, verified and complete`() throws {
        try install(1)
        try expectVersionInForce(1)
        let found = try store.current("yard").record
        let names = [ProfileStore.pixelsName, ProfileStore.objectsName, ProfileStore.backgroundName]
        #expect(Set(found.files.keys) == Set(names))
        #expect(found.files.values.allSatisfy { $0.count == 64 })
        #expect(found.sources == ["clip.mp4"] && found[.day]?.framesHeldOut == 30 && found[.thermal] == nil)
    }

    @Test func `a new version takes over and the old one stays beside it`() throws {
        try install(1)
        try install(2)
        try expectVersionInForce(2)
        #expect(store.versions("yard") == [1, 2])
        _ = try ProfileStore.verifiedRecord(folder: store.versionFolder("yard", 1))
    }

    @Test func `the link is relative, so that the folder can be moved`() throws {
        try install(1)
        let link = folder.file("yard/current")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "v0001")
        try FileManager.default.moveItem(atPath: folder.file("yard"), toPath: folder.file("gate"))
        #expect(try store.current("gate").record.version == 1)
    }

    @Test func `a version can be put back in force`() throws {
        try install(1)
        try install(2)
        try store.activate(1, of: "yard")
        try expectVersionInForce(1)
        #expect(store.versions("yard") == [1, 2])
    }

    @Test func `what a crash left of a switch is no obstacle`() throws {
        try install(1)
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("yard/current.new"), withDestinationPath: "v0009")
        try install(2)
        try expectVersionInForce(2)
        #expect(!FileManager.default.fileExists(atPath: folder.file("yard/current.new")))
    }

    @Test func `a staged file that cannot be read leaves the previous version in force`() throws {
        try install(1)
        let staged = try stage(2)
        try FileManager.default.removeItem(atPath: "\(staged)/\(ProfileStore.objectsName)")
        try FileManager.default.createDirectory(
            atPath: "\(staged)/\(ProfileStore.objectsName)", withIntermediateDirectories: false)
        let error = #expect(throws: AnalysisError.self) {
            try store.install(staged: staged, record: record(2), as: "yard")
        }
        #expect(error?.code == .unwritableProfile)
        #expect(store.versions("yard") == [1])
        try expectVersionInForce(1)
    }

    @Test func `a staged file that is damaged or missing leaves the previous version in force`() throws {
        try install(1)
        for (name, contents) in [("extra.bin", "damaged"), ("missing.bin", nil)] {
            let staged = try stage(2)
            if let contents { try Data(contents.utf8).write(to: URL(filePath: "\(staged)/\(name)")) }
            var second = record(2)
            second.files[name] = String(repeating: "0", count: 64)
            let error = #expect(throws: AnalysisError.self) {
                try store.install(staged: staged, record: second, as: "yard")
            }
            #expect(error?.code == .badProfile)
            #expect(error?.message.contains(name) == true)
            #expect(store.versions("yard") == [1])
            try expectVersionInForce(1)
        }
    }

    @Test func `a record of an earlier format, or with thresholds in disorder, is refused with what to do`() throws {
        try install(1)
        let path = store.versionFolder("yard", 1) + "/" + ProfileStore.recordName
        try Data(#"{"format":1,"camera":"yard","thresholds":{}}"#.utf8).write(to: URL(filePath: path))
        let old = #expect(throws: AnalysisError.self) { _ = try store.current("yard") }
        #expect(old?.code == .badProfile && old?.message.contains("profile format 1") == true)

        var disordered = record(1)
        disordered.regimes[0].thresholds.exitPixel = 99
        try JSONEncoder().encode(disordered).write(to: URL(filePath: path))
        let wrong = #expect(throws: AnalysisError.self) { _ = try store.current("yard") }
        #expect(wrong?.code == .badProfile && wrong?.message.contains("learn the camera again") == true)
    }

    @Test func `a version that exists is never overwritten`() throws {
        try install(1)
        let staged = try stage(7)
        let error = #expect(throws: AnalysisError.self) {
            try store.install(staged: staged, record: record(1), as: "yard")
        }
        #expect(error?.code == .unwritableProfile)
        try expectVersionInForce(1)
    }

    @Test(arguments: [ProfileStore.pixelsName, ProfileStore.objectsName, ProfileStore.backgroundName])
    func `a file that changed after it was installed is refused with one clear line`(name: String) throws {
        try install(1)
        let path = store.versionFolder("yard", 1) + "/" + name
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(filePath: path))
        let error = #expect(throws: AnalysisError.self) { _ = try store.current("yard") }
        #expect(error?.code == .badProfile)
        let message = error?.message ?? ""
        #expect(message.contains("/\(name): damaged") && message.contains("checksum"))
        #expect(message.hasSuffix("learn the camera again"))
        #expect(!message.contains("\n"))
    }

    @Test func `a file that is gone is refused with its name`() throws {
        try install(1)
        try FileManager.default.removeItem(atPath: store.versionFolder("yard", 1) + "/" + ProfileStore.pixelsName)
        let error = #expect(throws: AnalysisError.self) { _ = try store.current("yard") }
        #expect(error?.code == .badProfile)
        #expect(error?.message.contains(ProfileStore.pixelsName) == true)
    }

    @Test func `a camera without a profile is told how to get one`() {
        let error = #expect(throws: AnalysisError.self) { _ = try store.current("yard") }
        #expect(error?.code == .missingProfile)
        #expect(error?.message.contains("monitorctl learn --camera yard") == true)
    }

    @Test(arguments: ["", "{}", "not JSON"])
    func `a record that cannot be read is refused`(text: String) throws {
        try install(1)
        let path = store.versionFolder("yard", 1) + "/" + ProfileStore.recordName
        try Data(text.utf8).write(to: URL(filePath: path))
        let error = #expect(throws: AnalysisError.self) { _ = try store.current("yard") }
        #expect(error?.code == .badProfile)
    }

    @Test func `a record of another format is refused with both numbers`() throws {
        var later = record(1)
        later.format = ProfileRecord.currentFormat + 1
        let staged = try stage(1)
        let error = #expect(throws: AnalysisError.self) {
            try store.install(staged: staged, record: later, as: "yard")
        }
        #expect(error?.code == .badProfile)
        #expect(error?.message.contains("format \(ProfileRecord.currentFormat + 1)") == true)
        #expect(error?.message.contains("reads \(ProfileRecord.currentFormat)") == true)
    }

    @Test func `only profiles with a version in force are listed`() throws {
        try install(1)
        try store.install(staged: stage(1, of: "gate"), record: record(1), as: "gate")
        try FileManager.default.createDirectory(
            atPath: store.learningFolder("door"), withIntermediateDirectories: true)
        #expect(store.names() == ["gate", "yard"])
    }
}
