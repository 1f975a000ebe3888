import Alerting
import Analysis
import ArgumentParser
import Basics
import FoundationEssentials
import Imaging

struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Everything about one event, and its pictures.")

    @Argument(help: "The event's id, or as much of its beginning as makes it unique.") var id: String
    @OptionGroup var store: StoreOptions
    @Option(
        help: """
            Write the pictures <id>-annotated.jpg and <id>-clean.jpg into this folder; a camera's own events have at \
            most a clean one.
            """)
    var saveSnapshot: String?
    @Flag(help: "Print JSON, with the whole track.") var json = false

    func run() throws {
        try reporting {
            let reader = try store.reader()
            guard let entry = try reader.entry(id) else {
                Terminal.note("monitorctl: no event begins with \(id); list them with: monitorctl events")
                throw Status.nothingFound
            }
            let said = try reader.acknowledgement(of: entry.id)
            if json {
                Terminal.write(try EventText.json(entry, said, track: true) + "\n")
            } else {
                switch entry {
                case .anomaly(let event): Terminal.write(Self.text(event, said))
                case .camera(let event): Terminal.write(Self.text(event, said))
                }
            }
            if let saveSnapshot { try save(entry, reader, folder: saveSnapshot) }
        }
    }

    private func save(_ entry: HistoryEntry, _ reader: EventReader, folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for kind in try Self.pictures(entry, reader) {
                guard let snapshot = kind.snapshot else {
                    Terminal.note("no \(kind.name) picture is stored for \(entry.id)")
                    continue
                }
                let path = "\(folder)/\(entry.id)-\(kind.name).jpg"
                try Data(snapshot.jpeg).write(to: URL(filePath: path))
                Terminal.note("wrote \(path)" + (snapshot.stream == .main ? " (from the main stream)" : ""))
            }
        } catch let error as StoreError {
            throw error
        } catch {
            Terminal.note("monitorctl: \(folder): cannot write the pictures; is it a folder that you may write to?")
            throw Status.inputOutput
        }
    }

    private static func pictures(
        _ entry: HistoryEntry, _ reader: EventReader
    ) throws -> [(name: String, snapshot: EventSnapshot?)] {
        switch entry {
        case .anomaly(let event):
            try EventSnapshot.Kind.allCases.map { ($0.rawValue, try reader.snapshot(event.id, $0)) }
        case .camera(let event): [(EventSnapshot.Kind.clean.rawValue, try reader.cameraSnapshot(event.id))]
        }
    }

    static func text(_ event: CameraEvent, _ said: Acknowledgement?) -> String {
        var lines = heading(.camera(event))
        lines.append(("lasted for", "\(EventText.seconds(event.duration)) s"))
        if !event.detail.isEmpty { lines.append(("detail", event.detail)) }
        return text(lines + label(said))
    }

    static func text(_ event: Event, _ said: Acknowledgement?) -> String {
        var lines = heading(.anomaly(event))
        lines += [
            ("in view for", "\(EventText.seconds(event.duration)) s, \(event.frames) analysed frames"),
            ("peak surprise", "\(EventText.number(event.surprise)) at \(UTCTime.readable(event.peak.timeMs))"),
        ]
        if let object = event.objectPeak {
            lines.append(
                (
                    "unknown object",
                    "surprise \(EventText.number(object.surprise)), 1-P(normal) \(decimals(object.anomaly)), "
                        + "objectness \(decimals(object.objectness))" + covered(object, event)
                ))
        }
        if let pixels = event.pixelPeak {
            lines.append(
                (
                    "anomalous pixels",
                    "surprise \(EventText.number(pixels.surprise)), score \(decimals(pixels.score)), "
                        + "\(pixels.cells) cells"
                ))
        }
        let box = event.peak.box
        lines.append(
            (
                "place at peak",
                "x \(Int(box.x1))..\(Int(box.x2)), y \(Int(box.y1))..\(Int(box.y2)) "
                    + "of \(event.width)x\(event.height) pixels"
            ))
        lines.append(("regime", event.regime.rawValue))
        lines.append(("model", event.provenance.model))
        lines.append(("profile", event.provenance.profile))
        return text(lines + label(said))
    }

    private static func heading(_ entry: HistoryEntry) -> [(String, String)] {
        [
            ("event", entry.id.description),
            ("camera", entry.camera),
            ("kind", "\(entry.kind), \(entry.state.rawValue)\(entry.reason.map { " (\($0.rawValue))" } ?? "")"),
            ("start", UTCTime.readable(entry.startMs)),
            ("last seen", UTCTime.readable(entry.lastSeenMs)),
            ("end", entry.endMs.map(UTCTime.readable) ?? (entry.state == .open ? "still open" : "not seen")),
        ]
    }

    private static func label(_ said: Acknowledgement?) -> [(String, String)] {
        guard let said else { return [] }
        return [("label", "\(said.label.words), since \(UTCTime.readable(said.timeMs))")]
            + (said.note.map { [("note", $0)] } ?? [])
    }

    private static func text(_ lines: [(String, String)]) -> String {
        lines.map { name, value in
            name + String(repeating: " ", count: max(1, 18 - name.count)) + value + "\n"
        }.joined()
    }

    /// Such as ", 1200 pixels (0.3 % of the frame)"; empty without a mask.
    private static func covered(_ object: ObjectScores, _ event: Event) -> String {
        guard let pixels = object.maskedPixels else { return "" }
        let share = 100 * Float(pixels) / Float(event.width * event.height)
        return ", \(pixels) pixels (\(EventText.number(share)) % of the frame)"
    }

    /// Four decimals, which tell 0.9999 from 1.
    private static func decimals(_ value: Float) -> String {
        // The score of a box with a bad mask may be negative.
        guard value >= 0 else { return "-" + decimals(-value) }
        let scaled = Int((value * 10_000).rounded())
        var digits = String(scaled % 10_000)
        while digits.count < 4 { digits = "0" + digits }
        return "\(scaled / 10_000).\(digits)"
    }
}
