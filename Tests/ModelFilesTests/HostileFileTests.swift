import Forgeries
import FoundationEssentials
import ModelFiles
import TestSupport
import Testing

@Suite struct HostileFileTests {
    static let files = HostileFile.all(seed: 2026)

    @Test func `There are more than two hundred hostile files`() { #expect(Self.files.count > 200) }

    @Test func `Every hostile file is refused in one line, or loads where nothing could tell`() throws {
        let folder = TemporaryFolder()
        for file in Self.files {
            let path = try folder.write(file.data, "hostile")
            guard let error = HostileFile.refusal(of: path) else {
                #expect(file.mayLoad, "\(file.name) was read")
                continue
            }
            #expect(error.message.contains(path) && !error.message.contains("\n"), "\(file.name): \(error)")
        }
    }
}
