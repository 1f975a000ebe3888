import Alerting
import ArgumentParser
import Service

struct FsckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fsck", abstract: "Check the event database, and repair it.",
        discussion: """
            Without --repair nothing is changed, and the daemon may go on. Checked are the file's structure, its tables, \
            references, pictures, and what holds for every event. Exit status: 0 all is well, 65 something is not.

            With --repair the daemon must be stopped. The database is copied first. What is damaged is put right where \
            its true value is known; rows on damaged pages are lost, all others are copied into a new database. What was \
            changed and lost is printed. Exit status: 0 all is well now, 65 something could not be put right.

            A damaged database that the daemon set aside is repaired where it lies: monitorctl fsck --repair --database \
            FILE
            """)

    @OptionGroup var store: StoreOptions
    @Flag(help: "Put right what can be; the daemon must be stopped.") var repair = false
    @Flag(help: "Decode every picture, which takes long.") var pictures = false

    func run() throws {
        try reporting {
            let path = try store.path()
            if repair { return try putRight(path) }
            let findings = try StoreCheckup.run(path: path, decodesPictures: pictures)
            tell(findings, withRemedies: true)
            guard findings.isEmpty else { throw Status.badData }
            Terminal.write("\(path): all is well\n")
        }
    }

    private func putRight(_ path: String) throws {
        let outcome = try StoreRepair.run(path: path)
        guard let saved = outcome.saved else { return Terminal.write("\(path): all is well, nothing was changed\n") }
        Terminal.write("saved as it was: \(saved)\n")
        for line in outcome.done { Terminal.write("repaired: \(line)\n") }
        for line in outcome.lost { Terminal.write("lost: \(line)\n") }
        tell(outcome.left, withRemedies: false)
        guard outcome.left.isEmpty else { throw Status.badData }
        Terminal.write("\(path): all is well now\n")
    }

    private func tell(_ findings: [StoreCheckup.Finding], withRemedies: Bool) {
        for finding in findings { Terminal.write("\(finding.kind.rawValue): \(finding.text)\n") }
        guard withRemedies else { return }
        for kind in StoreCheckup.Finding.Kind.allCases {
            guard let finding = findings.first(where: { $0.kind == kind }) else { continue }
            Terminal.note("--repair would, for \(kind.rawValue): \(finding.remedy)")
        }
    }
}
