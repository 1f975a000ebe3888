import Alerting
import ArgumentParser
import Basics
import Service

struct RetentionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention", abstract: "Show what retention would remove now.",
        discussion: """
            The daemon removes what the configuration's retention does not allow, oldest first, every ten minutes and a few \
            rows at a time. This shows what its next run would remove, and changes nothing. Open events never go; \
            confirmed ones outlive others. SIZE is about, and rather more than less.
            """)

    @OptionGroup var configuration: ConfigurationOptions
    @Option(help: "Event database; default: the configuration's.") var database: String?
    @Flag(help: "Only show it, which is all that this command does.") var dryRun = false
    @Option(name: [.long, .short], help: "table or tsv.") var output: OutputForm?
    @Flag(help: "Leave out the column names.") var noHeader = false

    func validate() throws {
        guard [nil, .table, .tsv].contains(output) else { throw ValidationError("--output must be table or tsv") }
    }

    func run() throws {
        try reporting {
            let settings = try configuration.settings()
            let reader = try EventReader(path: database ?? settings.database)
            let report = try reader.retention(settings.retentionRules, nowMs: SystemClocks().wallTimeMs())
            var table = Table([
                ("CAMERA", .left), ("KIND", .left), ("WHAT", .left), ("COUNT", .right), ("SIZE", .right),
                ("OLDEST", .left), ("NEWEST", .left),
            ])
            let isTable = output.map { $0 == .table } ?? Terminal.outputIsTerminal
            for share in report.shares {
                table.add([
                    share.camera, share.kind, share.isPicturesOnly ? "pictures" : "events", "\(share.count)",
                    isTable ? ByteText.of(share.bytes) : "\(share.bytes)", UTCTime.rfc3339(share.oldestMs),
                    UTCTime.rfc3339(share.newestMs),
                ])
            }
            if report.isEmpty { return Terminal.note("nothing would go") }
            Terminal.write(isTable ? table.aligned(header: !noHeader) : table.tabSeparated(header: !noHeader))
            if isTable { Terminal.note("\(report.count) items, about \(ByteText.of(report.bytes))") }
        }
    }
}
