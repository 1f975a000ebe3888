import Alerting
import Analysis
import Basics
import Imaging

/// Everything about one event, for people: names and values, one pair a line.
struct EventReport {
    let surroundings: EventSurroundings
    let palette: Palette
    /// Whether the terminal shows block characters.
    let blocks: Bool
    /// Columns of the terminal.
    let columns: Int

    private typealias Line = (name: String, value: String, ink: Palette.Ink?)

    private static let margin = 18

    var text: String {
        let lines = heading + details + labels + chain + neighbours + pictures
        return lines.map { line in
            let padding = String(repeating: " ", count: max(1, Self.margin - line.name.count))
            return palette(line.name, .quiet) + padding + palette(Terminal.clean(line.value), line.ink) + "\n"
        }.joined()
    }

    private var heading: [Line] {
        let entry = surroundings.entry
        let kind = "\(entry.kind), \(entry.state.rawValue)\(entry.reason.map { " (\($0.rawValue))" } ?? "")"
        return [
            ("event", entry.id.description, .title), ("camera", entry.camera, nil), ("kind", kind, entry.state.ink),
            ("start", LocalTime.readable(entry.startMs), nil),
            ("last seen", LocalTime.readable(entry.lastSeenMs), nil),
            (
                "end", entry.endMs.map(LocalTime.readable) ?? (entry.state == .open ? "still open" : "not seen"),
                entry.state.ink
            ),
        ]
    }

    private var details: [Line] {
        switch surroundings.entry {
        case .camera(let event):
            [("lasted for", "\(EventText.seconds(event.duration)) s", nil)]
                + (event.detail.isEmpty ? [] : [("detail", event.detail, nil)])
        case .anomaly(let event): details(event)
        }
    }

    private func details(_ event: Event) -> [Line] {
        let box = event.peak.box
        return [
            ("in view for", "\(EventText.seconds(event.duration)) s, \(event.frames) analysed frames", nil),
            (
                "peak surprise", "\(EventText.number(event.surprise)) at \(LocalTime.readable(event.peak.timeMs))",
                .title
            ),
        ] + curve(event) + scores(event) + belongings(event) + [
            (
                "place at peak",
                "x \(Int(box.x1))..\(Int(box.x2)), y \(Int(box.y1))..\(Int(box.y2)) "
                    + "of \(event.width)x\(event.height) pixels", nil
            ), ("regime", event.regime.words, nil), ("model", event.provenance.model, nil),
            ("profile", event.provenance.profile, nil),
        ]
    }

    /// Several objects may have shared the place.
    private func belongings(_ event: Event) -> [Line] {
        let tracks = Set(event.track.compactMap(\.track)).sorted().map { "\($0)" }
        return [("object tracks", tracks), ("zones", event.zones)].compactMap { name, list in
            list.isEmpty ? nil : (name, list.joined(separator: ", "), nil)
        }
    }

    private func curve(_ event: Event) -> [Line] {
        let points = event.track.map { (place: $0.streamMs, value: $0.surprise) }
        guard let curve = Sparkline(points, width: max(10, min(60, columns - Self.margin - 2))) else { return [] }
        return [
            ("surprise", curve.text(blocks: blocks), .link),
            (
                "",
                "\(EventText.number(curve.low)) to \(EventText.number(curve.high)) over "
                    + "\(EventText.seconds(event.duration)) s", .quiet
            ),
        ]
    }

    private func scores(_ event: Event) -> [Line] {
        var lines: [Line] = []
        if let object = event.objectPeak {
            lines.append(
                (
                    "unknown object",
                    "surprise \(EventText.number(object.surprise)), 1-P(normal) \(Self.decimals(object.anomaly)), "
                        + "objectness \(Self.decimals(object.objectness))" + Self.covered(object, event), nil
                ))
        }
        if let pixels = event.pixelPeak {
            lines.append(
                (
                    "anomalous pixels",
                    "surprise \(EventText.number(pixels.surprise)), score \(Self.decimals(pixels.score)), "
                        + "\(pixels.cells) cells", nil
                ))
        }
        return lines
    }

    /// What stands, and before it what no longer does.
    private var labels: [Line] {
        let lines: [Line] = surroundings.labels.reversed().flatMap { said -> [Line] in
            let since = "\(said.label.words), since \(LocalTime.readable(said.timeMs))"
            let until = said.undoneMs.map { " until \(LocalTime.readable($0))" } ?? ""
            let line: Line = (
                said.stands ? "label" : "label before", since + until, said.stands ? said.label.ink : .quiet
            )
            return [line] + (said.note.map { [("note", $0, said.stands ? nil : .quiet)] } ?? [])
        }
        return lines
    }

    /// Longer than the maximum duration: several events, one incident.
    private var chain: [Line] {
        surroundings.chain.enumerated().map { index, event in
            let words = "\(event.id)  \(LocalTime.brief(event.startMs)), \(EventText.seconds(event.duration)) s"
            let isThis = event.id == surroundings.entry.id
            return (index == 0 ? "incident" : "", words + (isThis ? "  (this event)" : ""), isThis ? .title : nil)
        }
    }

    private var neighbours: [Line] {
        [("event before", surroundings.previous), ("event after", surroundings.next)].compactMap { name, entry in
            guard let entry else { return nil }
            let gap = abs(entry.startMs - surroundings.entry.startMs)
            let words =
                "\(entry.id)  \(entry.kind), \(Self.length(gap)) \(name == "event before" ? "earlier" : "later")"
            return (name, words, nil)
        }
    }

    private var pictures: [Line] {
        guard !surroundings.pictures.isEmpty else { return [("pictures", "none", .quiet)] }
        let words = surroundings.pictures.map { picture in
            "\(picture.kind.rawValue) \(StatusReport.size(Int64(picture.jpeg.count)))"
                + (picture.stream == .main ? " (main stream)" : "")
        }
        return [("pictures", words.joined(separator: ", "), nil)]
    }

    /// A length of time in its two greatest units.
    static func length(_ milliseconds: Int64) -> String {
        let seconds = (milliseconds + 500) / 1000
        switch seconds {
        case ..<60: return "\(seconds) s"
        case ..<3600: return "\(seconds / 60) min \(seconds % 60) s"
        case ..<86_400: return "\(seconds / 3600) h \(seconds / 60 % 60) min"
        default: return "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
        }
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

extension EventState {
    var ink: Palette.Ink? {
        switch self {
        case .open: .warning
        case .closed: nil
        case .interrupted: .bad
        }
    }
}

extension EventLabel {
    var ink: Palette.Ink { self == .confirmed ? .good : .quiet }
}
