import Alerting
import FaultLab
import Foundation
import TestSupport
import Testing

/// Exports are complete, readable by others, and not there at all when anything fails.
@Suite struct ExportTests {
    private struct Listing: Decodable {
        struct Event: Decodable {
            struct Picture: Decodable {
                let path: String
                let sha256: String
            }

            let id: String
            let pictures: [Picture]
        }

        let events: [Event]
    }

    private func export(_ history: History, _ arguments: [String]) async throws -> Program.Outcome {
        try await Program.monitorctl.run(
            ["export", "--database", history.path] + arguments, environment: ["TZ": "Europe/Berlin"])
    }

    @Test func `a folder holds events, pictures, a page, their meaning and checksums`() async throws {
        let history = try History()
        let folder = history.folder.file("out")
        let outcome = try await export(history, ["-o", folder])
        #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome.errors)")
        let text = try String(contentsOfFile: "\(folder)/events.json", encoding: .utf8)
        #expect(try SchemaValidator("export.json").problems(text) == [])
        let listing = try JSONDecoder().decode(Listing.self, from: Data(text.utf8))
        #expect(Set(listing.events.map(\.id)) == Set(history.ids))
        let pictures = listing.events.flatMap(\.pictures)
        #expect(pictures.count == 4)
        for picture in pictures {
            #expect(try Array(Data(contentsOf: URL(filePath: "\(folder)/\(picture.path)"))) == History.jpeg)
        }
        let page = try String(contentsOfFile: "\(folder)/index.html", encoding: .utf8)
        #expect(!page.contains("<script") && !page.contains("http") && !page.contains("<b>look"))
        #expect(page.contains("&lt;b&gt;look&lt;/b&gt;") && page.contains("CEST") && !page.contains("\u{1B}"))
        for id in history.ids { #expect(page.contains(#"<tr id="\#(id)">"#)) }
        // The page and the schema name every field.
        let readme = try String(contentsOfFile: "\(folder)/README.txt", encoding: .utf8)
        for field in ["object_level", "last_seen", "zones", "continues", "regime"] { #expect(readme.contains(field)) }
        try Tool.run("/bin/sh", ["-c", "cd '\(folder)' && sha256sum -c --quiet SHA256SUMS"])
        #expect(
            Set(try FileManager.default.contentsOfDirectory(atPath: history.folder.path)).isDisjoint(with: ["out.part"])
        )
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")))
    func `a zip file is read by others, with its names and times`() async throws {
        let history = try History()
        let file = history.folder.file("höfe.zip")
        #expect(try await export(history, ["-o", file]).status == 0)
        let script = """
            import sys, zipfile, hashlib
            z = zipfile.ZipFile(sys.argv[1])
            assert z.testzip() is None
            names = z.namelist()
            assert all(n.startswith('höfe/') for n in names), names
            for line in z.read('höfe/SHA256SUMS').decode().splitlines():
                digest, name = line.split('  ')
                assert hashlib.sha256(z.read('höfe/' + name)).hexdigest() == digest, name
            picture = [i for i in z.infolist() if i.filename.endswith('.jpg')][0]
            assert picture.date_time[:4] == (2025, 10, 9, 10), picture.date_time
            """
        try Tool.run("/usr/bin/python3", ["-c", script, file])
    }

    @Test func `filters choose, and nothing chosen is an empty export`() async throws {
        let history = try History()
        let folder = history.folder.file("out")
        #expect(try await export(history, ["-o", folder, "--camera", "gate", "--kind", "lost"]).status == 0)
        let data = try Data(contentsOf: URL(filePath: "\(folder)/events.json"))
        #expect(try JSONDecoder().decode(Listing.self, from: data).events.map(\.id) == [history.ids[2]])
        #expect(try await export(history, ["-o", folder, "--force", "--camera", "none"]).status == 0)
        let none = try String(contentsOfFile: "\(folder)/events.json", encoding: .utf8)
        #expect(try SchemaValidator("export.json").problems(none) == [])
    }

    @Test func `what exists is replaced with --force only, and what is no export never`() async throws {
        let history = try History()
        let folder = history.folder.file("out")
        #expect(try await export(history, ["-o", folder]).status == 0)
        let again = try await export(history, ["-o", folder])
        #expect(again.status == 64 && again.errors.contains("--force"))
        try history.folder.write(Data("mine".utf8), "out/mine.txt")
        #expect(try await export(history, ["-o", folder, "--force"]).status == 0)
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/mine.txt"))
        let precious = history.folder.file("precious")
        try FileManager.default.createDirectory(atPath: precious, withIntermediateDirectories: false)
        let refused = try await export(history, ["-o", precious, "--force"])
        #expect(refused.status == 64 && FileManager.default.fileExists(atPath: precious))
    }

    @Test(arguments: ["out.zip", "out"])
    func `where there is no room nothing is left behind`(name: String) async throws {
        let history = try History()
        // Who reads keeps SQLite's own files as they are.
        let reader = try EventReader(path: history.path)
        defer { withExtendedLifetime(reader) {} }
        _ = try reader.latestRevision
        let before = history.folder.names()
        // Blocks of 512 or 1024 bytes: less than the page.
        let command = "ulimit -f 1; exec '\(Program.monitorctl.path)' export --database '\(history.path)' -o '\(name)'"
        let file = history.folder.file("status")
        try Tool.run("/bin/sh", ["-c", "cd '\(history.folder.path)' && (\(command)) 2>'\(file)'; echo $? >>'\(file)'"])
        let said = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
        #expect(said.count == 2 && said.last == "74" && said[0].hasPrefix("monitorctl: \(name)"), "\(said)")
        #expect(history.folder.names().subtracting(["status"]) == before)
    }

    @Test(arguments: ["", "out/", ".zip"])
    func `a name that cannot be is wrong usage`(name: String) async throws {
        #expect(try await export(try History(), ["-o", name]).status == 64)
    }
}
