import Alerting
import ArgumentParser
import Basics
import Glibc

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Copy events with their pictures into a folder or a zip file.",
        discussion: """
            The export is complete by itself: index.html for people, which needs no network and no scripts, events.json \
            for programs (docs/schema/export.json), the pictures as files, README.txt with the meaning of every field, and \
            SHA256SUMS. It appears under its name when it is complete, and not at all when anything fails. The daemon may \
            go on writing. All of last week's confirmed events:

                monitorctl export --since 7d --label confirm -o week.zip
            """)

    @OptionGroup var filter: FilterOptions
    @Option(name: [.long, .short], help: "A folder that does not exist yet, or a file whose name ends in .zip.")
    var output: String
    @Flag(help: "Replace an earlier export of that name.") var force = false
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard !output.isEmpty, !output.hasSuffix("/"), output != ".zip" else {
            throw ValidationError("--output must be the name of a folder or of a .zip file")
        }
    }

    func run() throws {
        // A limit on file sizes is told as an error, and not by the signal's death.
        signal(SIGXFSZ, SIG_IGN)
        try reporting {
            let reader = try store.reader()
            let now = SystemClocks().wallTimeMs()
            let target: any ExportTarget =
                try output.lowercased().hasSuffix(".zip")
                ? ExportArchive(output, force: force) : ExportFolder(output, force: force)
            var exporter = try Exporter(reader, to: target, place: output, now: now)
            let summary = try exporter.run(filter.query(now: now))
            try target.commit()
            Terminal.note(
                "wrote \(output): \(summary.events) events, \(summary.pictures) pictures, "
                    + "\((summary.bytes + 1023) / 1024) KiB")
        }
    }
}
