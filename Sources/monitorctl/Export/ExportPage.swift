import Alerting
import Basics

/// The page of an export that a person opens: one table, no scripts, nothing from elsewhere.
enum ExportPage {
    static func head(_ query: EventQuery, now: Int64) -> String {
        let from = query.sinceMs.map { " from \(LocalTime.brief($0))" } ?? ""
        let to = " to \(LocalTime.brief(query.untilMs ?? now))"
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <meta name="generator" content="monitorctl \(Product.version)">
            <title>Events\(escaped(from + to))</title>
            <style>
            \(style)
            </style>
            </head>
            <body>
            <h1>Events<small>\(escaped(from + to))</small></h1>
            <table>
            <thead><tr><th>Picture</th><th>When</th><th>Camera</th><th>What</th><th>Surprise</th>\
            <th>Said</th></tr></thead>
            <tbody>

            """
    }

    /// - Parameter pictures: paths relative to the page, the best one first.
    static func row(_ entry: HistoryEntry, _ said: Acknowledgement?, pictures: [String]) -> String {
        let thumbnail =
            pictures.first.map { #"<a href="\#($0)"><img src="\#($0)" alt="" loading="lazy"></a>"# } ?? ""
        let others = pictures.dropFirst().map { #"<a href="\#($0)">without marks</a>"# }.joined(separator: " ")
        let reason = entry.reason.map { " (\($0.rawValue))" } ?? ""
        return """
            <tr id="\(entry.id)">
            <td>\(thumbnail)\(others)</td>
            <td>\(escaped(LocalTime.brief(entry.startMs)))<br>\(EventText.seconds(entry.duration)) s
            <code>\(entry.id)</code></td>
            <td>\(escaped(entry.camera))</td>
            <td><b>\(escaped(entry.kind))</b><br><span class="\(entry.state.rawValue)">\(entry.state.rawValue)</span>\
            \(reason)\(detail(entry))</td>
            <td>\(surprise(entry))</td>
            <td>\(words(said))</td>
            </tr>

            """
    }

    static func foot(_ summary: Exporter.Summary) -> String {
        """
        </tbody>
        </table>
        <p>\(summary.events) events, \(summary.pictures) pictures. The same for programs, with tracks and scores: \
        <a href="events.json">events.json</a>; what its fields mean: <a href="README.txt">README.txt</a>.</p>
        </body>
        </html>

        """
    }

    private static func detail(_ entry: HistoryEntry) -> String {
        switch entry {
        case .camera(let event): return event.detail.isEmpty ? "" : "<br>\(escaped(event.detail))"
        case .anomaly(let event):
            let zones = event.zones.isEmpty ? "" : "<br>zones: \(escaped(event.zones.joined(separator: ", ")))"
            let chain = event.continues.map { "<br>goes on from <a href=\"#\($0)\"><code>\($0)</code></a>" } ?? ""
            return zones + chain
        }
    }

    private static func words(_ said: Acknowledgement?) -> String {
        guard let said else { return "" }
        return "<span class=\"\(said.label.rawValue)\">\(said.label.words)</span>"
            + (said.note.map { "<br>\(escaped($0))" } ?? "")
    }

    private static func surprise(_ entry: HistoryEntry) -> String {
        guard case .anomaly(let event) = entry else { return "" }
        return "<b>\(EventText.number(event.surprise))</b>" + curve(event)
    }

    /// The surprise over the track, from 0 up.
    private static func curve(_ event: Event) -> String {
        guard event.track.count > 1, let first = event.track.first, let last = event.track.last,
            last.streamMs > first.streamMs, event.surprise > 0
        else { return "" }
        let points = event.track.map { point in
            let x = 120 * Float(point.streamMs - first.streamMs) / Float(last.streamMs - first.streamMs)
            return "\(EventText.number(x)),\(EventText.number(32 - 30 * point.surprise / event.surprise))"
        }
        return
            #"<svg viewBox="0 0 120 33" width="120" height="33"><polyline points="\#(points.joined(separator: " "))"/></svg>"#
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in Terminal.clean(text) {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }

    private static let style = """
        :root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif }
        body { max-width: 70rem; margin: 1.5rem auto; padding: 0 1rem }
        h1 small { font-size: 60%; font-weight: normal; display: block; opacity: .7 }
        table { border-collapse: collapse; width: 100% }
        th, td { text-align: left; vertical-align: top; padding: .5rem; border-bottom: 1px solid #8884 }
        th { opacity: .7; font-weight: normal }
        td:first-child { width: 330px; font-size: 80% }
        img { display: block; width: 320px; height: auto; border-radius: 4px }
        code { display: block; font-size: 75%; opacity: .6 }
        svg { display: block; fill: none; stroke: #c60; stroke-width: 1.5 }
        .open, .interrupted { color: #c60 }
        .confirm { color: #2a2 }
        """
}
