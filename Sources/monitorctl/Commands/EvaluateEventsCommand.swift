import Alerting
import ArgumentParser
import Evaluation
import Imaging
import Scenes

extension EvaluateCommand {
    struct Events: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Events of a camera against the script of a rendered scene.",
            discussion: "Exits with 1 when an anomaly of the script was missed, or an event came before the first one.")

        @OptionGroup var store: StoreOptions
        @Option(name: .long, help: "The camera's name.") var camera: String
        @Option(help: "The annotation that `monitorctl scene clip --truth` wrote.") var truth: String

        func run() throws {
            try reporting {
                let truth = try GroundTruthFile(path: truth)
                let events = try all(try store.reader())
                let millisecondsPerFrame = 1000 / truth.scene.framesPerSecond
                func milliseconds(_ frame: Int) -> Int64 { Int64(Double(frame) * millisecondsPerFrame) }
                let matching = EventMatching(
                    events: events.map {
                        Occurrence(startMs: $0.startStreamMs, endMs: $0.lastSeenStreamMs, box: Self.place($0))
                    },
                    anomalies: truth.anomalies.map {
                        Occurrence(startMs: milliseconds($0.firstFrame), endMs: milliseconds($0.lastFrame), box: $0.box)
                    })
                for (anomaly, delay) in zip(truth.anomalies, matching.delaysMs) {
                    let name = anomaly.kind.rawValue
                    let from = EventText.number(Float(milliseconds(anomaly.firstFrame)) / 1000)
                    Terminal.write(
                        delay.map {
                            "found   \(name) in view from \(from) s, after \(EventText.number(Float($0) / 1000)) s\n"
                        }
                            ?? "MISSED  \(name) in view from \(from) s\n")
                }
                Terminal.write(
                    "\(camera): \(matching.found) of \(truth.anomalies.count) anomalies found, \(matching.trueEvents) true and "
                        + "\(matching.falseEvents.count) false events, \(matching.falseBeforeFirst) of these before the first "
                        + "anomaly\n")
                guard matching.found == truth.anomalies.count, matching.falseBeforeFirst == 0 else {
                    throw Status.nothingFound
                }
            }
        }

        /// Every event of the camera with its track, page by page.
        private func all(_ reader: EventReader) throws -> [Event] {
            var query = EventQuery()
            query.filter.cameras = [camera]
            query.limit = 500
            var events: [Event] = []
            repeat {
                let page = try reader.events(query)
                for event in page.events {
                    if let whole = try reader.event(event.id.description) { events.append(whole) }
                }
                query.after = page.next
            } while query.after != nil
            return events
        }

        private static func place(_ event: Event) -> Box {
            event.track.reduce(event.box) { $0.union(with: $1.box) }
        }
    }
}
