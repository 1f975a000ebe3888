import Analysis
import FoundationEssentials
import TestSupport
import Testing

@Suite struct ProfileVersionsTests {
    private let folder = TemporaryFolder()
    private var store: ProfileStore { ProfileStore(root: folder.path) }

    private func record(_ version: Int) -> ProfileRecord {
        ProfileRecord(
            camera: "yard", version: version, model: "default@0", createdWallMs: 1_700_000_000_000 + Int64(version),
            seed: 1, sources: ["clip.mp4"])
    }

    private func stage(_ version: Int) throws -> String {
        let staged = store.learningFolder("yard") + "/staged"
        try FileManager.default.createDirectory(atPath: staged, withIntermediateDirectories: true)
        try Data("pixels of version \(version)".utf8).write(to: URL(filePath: "\(staged)/\(ProfileStore.pixelsName)"))
        return staged
    }

    private func install(_ versions: ClosedRange<Int>) throws {
        for version in versions { try store.install(staged: stage(version), record: record(version), as: "yard") }
    }

    private func damage(_ version: Int) throws {
        let file = store.versionFolder("yard", version) + "/" + ProfileStore.pixelsName
        try Data("damaged".utf8).write(to: URL(filePath: file))
    }

    private func link(_ name: String, to target: String) throws {
        try? FileManager.default.removeItem(atPath: folder.file("yard/\(name)"))
        try FileManager.default.createSymbolicLink(atPath: folder.file("yard/\(name)"), withDestinationPath: target)
    }

    private func names() throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: folder.file("yard")))
    }

    private func expect(
        _ code: AnalysisError.Code, _ words: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () throws -> ProfileRecord
    ) {
        let error = #expect(throws: AnalysisError.self, sourceLocation: sourceLocation) { _ = try body() }
        #expect(error?.code == code && error?.message.contains(words) == true, sourceLocation: sourceLocation)
    }

    @Test func `the history tells every version, which is in force, and what is wrong`() throws {
        #expect(store.history("yard").isEmpty && store.versionInForce("yard") == nil)
        try install(1...3)
        try Data("{}".utf8).write(to: URL(filePath: store.versionFolder("yard", 2) + "/" + ProfileStore.recordName))
        let history = store.history("yard")
        #expect(history.map(\.number) == [1, 2, 3])
        #expect(history.map(\.isInForce) == [false, false, true])
        #expect(try history[0].record.get().createdWallMs == 1_700_000_000_001)
        #expect(throws: AnalysisError.self) { try history[1].record.get() }
    }

    @Test func `rolling back takes the version before, any version on request, and forward again`() throws {
        try install(1...3)
        #expect(try store.rollBack("yard").version == 2)
        #expect(store.versionInForce("yard") == 2)
        #expect(try store.rollBack("yard").version == 1)
        expect(.missingProfile, "no version before 1") { try store.rollBack("yard") }
        #expect(try store.rollBack("yard", to: 3).version == 3)
        #expect(try store.current("yard").record.version == 3)
        // What is learned next gets a number of its own.
        #expect(try store.rollBack("yard").version == 2)
        #expect(store.versions("yard") == [1, 2, 3])
        try install(4...4)
        #expect(try store.rollBack("yard").version == 3)
    }

    @Test func `a damaged, missing or wrong version is not put in force`() throws {
        try install(1...3)
        try damage(2)
        expect(.badProfile, "damaged") { try store.rollBack("yard") }
        expect(.missingProfile, "it has: 1, 2, 3") { try store.rollBack("yard", to: 7) }
        expect(.missingProfile, "learn --camera gate") { try store.rollBack("gate") }
        try FileManager.default.copyItem(
            atPath: store.versionFolder("yard", 1), toPath: store.versionFolder("yard", 9))
        expect(.badProfile, "that of version 1") { try store.activate(9, of: "yard") }
        #expect(store.versionInForce("yard") == 3)
        #expect(try !names().contains("current.new"))
        #expect(try store.rollBack("yard", to: 1).version == 1)
    }

    @Test func `old versions go, the newest stay, and the one that was in force besides`() throws {
        try install(1...6)
        #expect(store.versions("yard") == [2, 3, 4, 5, 6])
        try store.rollBack("yard", to: 2)
        // A pruning that a crash cut short.
        try FileManager.default.createDirectory(
            atPath: folder.file("yard/v0001.removed"), withIntermediateDirectories: false)
        try install(7...7)
        #expect(store.versions("yard") == [2, 3, 4, 5, 6, 7])
        #expect(try !names().contains("v0001.removed"))
        #expect(try store.rollBack("yard", to: 2).version == 2)
        try install(8...9)
        #expect(store.versions("yard") == [5, 6, 7, 8, 9])
    }

    @Test func `an installation that a crash cut between its renames is completed`() throws {
        try install(1...2)
        // As between the arrival of version 2 and the switch to it.
        try link("current", to: "v0001")
        try link("current.new", to: "v0002")
        #expect(try store.recover("yard")?.version == 2)
        #expect(store.versionInForce("yard") == 2)
        #expect(try !names().contains("current.new"))
        #expect(try store.recover("yard") == nil)
    }

    @Test func `an announced version that never came, or came damaged, is forgotten`() throws {
        try install(1...3)
        try store.rollBack("yard", to: 1)
        try link("current.new", to: "v0004")
        #expect(try store.recover("yard") == nil)
        try damage(3)
        try link("current.new", to: "v0003")
        #expect(try store.recover("yard") == nil)
        try Data().write(to: URL(filePath: folder.file("yard/current.new")))
        #expect(try store.recover("yard") == nil)
        #expect(store.versionInForce("yard") == 1)
        #expect(try !names().contains("current.new"))
        #expect(try store.recover("gate") == nil)
    }

    @Test func `a switch that a crash interrupted does not overtake a later one`() throws {
        try install(1...3)
        try link("current.new", to: "v0002")
        #expect(try store.activate(1, of: "yard").version == 1)
        #expect(try store.recover("yard") == nil)
        #expect(store.versionInForce("yard") == 1)
    }

    @Test func `material of a learning run goes all at once`() throws {
        _ = try stage(1)
        try FileManager.default.createDirectory(
            atPath: store.learningFolder("yard") + ".old/staged", withIntermediateDirectories: true)
        store.discardLearning("yard")
        #expect(try names().isEmpty)
        store.discardLearning("yard")
    }
}
