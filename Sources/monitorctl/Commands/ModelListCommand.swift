import ArgumentParser
import ModelFiles

extension ModelCommand {
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The models that are there.",
            discussion: """
                On a terminal a table is printed, into a pipe tab-separated values. A model that cannot be read is \
                named on standard error, and the exit status is 65.
                """)

        @OptionGroup var models: ModelsOptions
        @Flag(help: "Print one JSON object per line.") var json = false

        func run() throws {
            try reporting {
                let library = try models.library()
                var table = Table(ModelDocument.columns)
                var broken = 0
                for name in try library.names() {
                    do {
                        let document = try ModelDocument(path: library.path(of: name))
                        if json { Terminal.write(try document.json() + "\n") } else { table.add(document.row) }
                    } catch let error as ModelFileError {
                        broken += 1
                        Terminal.note("monitorctl: \(error)")
                    }
                }
                if !json {
                    if table.isEmpty { Terminal.note("no models in \(library.folder)") }
                    let text =
                        Terminal.outputIsTerminal ? table.aligned(header: true) : table.tabSeparated(header: true)
                    if !table.isEmpty { Terminal.write(text) }
                }
                if broken > 0 { throw Status.badData }
            }
        }
    }
}
