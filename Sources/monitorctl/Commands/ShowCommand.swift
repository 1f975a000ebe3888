import Alerting
import ArgumentParser
import FoundationEssentials

struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Everything about one event, and its pictures.",
        discussion: """
            What the detectors saw, the surprise while it was in view, what operators said, and the camera's events before \
            and after it. Times are local and name their zone; in JSON they are in UTC. The JSON is described in \
            docs/schema/show.json.

            Terminals that show pictures (kitty, Ghostty, iTerm2, WezTerm, mintty) show the annotated one; on others \
            --picture blocks draws it with coloured characters.
            """)

    @Argument(help: "The event's id, or as much of its beginning as makes it unique.", completion: .events)
    var id: String
    @OptionGroup var store: StoreOptions
    @Option(
        help: """
            Write the pictures <id>-annotated.jpg and <id>-clean.jpg into this folder; a camera's own events have at \
            most a clean one.
            """, completion: .directory)
    var saveSnapshot: String?
    @Option(help: "Show the picture in the terminal: auto, never, kitty, iterm or blocks.")
    var picture = PictureForm.auto
    @Flag(help: "Print JSON, with the whole track.") var json = false

    func run() throws {
        try reporting {
            let reader = try store.reader()
            guard let entry = try reader.entry(id) else {
                Terminal.note("monitorctl: no event begins with \(id); list them with: monitorctl events")
                throw Status.nothingFound
            }
            let surroundings = try EventSurroundings(entry, reader)
            if json {
                Terminal.write(try JSONText.line(EventSurroundingsDocument(surroundings)) + "\n")
            } else {
                let report = EventReport(
                    surroundings: surroundings, palette: store.display.palette, blocks: Terminal.showsBlocks,
                    columns: Terminal.outputColumns)
                Terminal.write(report.text)
                try show(surroundings.pictures)
            }
            if let saveSnapshot { try save(surroundings, folder: saveSnapshot) }
        }
    }

    /// The annotated picture, else the clean one; never into a pipe.
    private func show(_ pictures: [EventSnapshot]) throws {
        guard let shown = pictures.first else { return }
        guard Terminal.outputIsTerminal else {
            if ![.auto, .never].contains(picture) {
                Terminal.note("no picture is drawn, as the output is no terminal; see --save-snapshot")
            }
            return
        }
        let inline = InlinePicture(jpeg: shown.jpeg, columns: Terminal.outputColumns)
        if let text = try inline.text(picture) { Terminal.write(text) }
    }

    private func save(_ surroundings: EventSurroundings, folder: String) throws {
        let id = surroundings.entry.id
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for picture in surroundings.pictures {
                let path = "\(folder)/\(id)-\(picture.kind.rawValue).jpg"
                try Data(picture.jpeg).write(to: URL(filePath: path))
                Terminal.note("wrote \(path)" + (picture.stream == .main ? " (from the main stream)" : ""))
            }
        } catch {
            Terminal.note("monitorctl: \(folder): cannot write the pictures; is it a folder that you may write to?")
            throw Status.inputOutput
        }
        if surroundings.pictures.isEmpty { Terminal.note("no picture is stored for \(id)") }
    }
}
