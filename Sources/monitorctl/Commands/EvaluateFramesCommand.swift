import Alerting
import Analysis
import ArgumentParser
import Evaluation

extension EvaluateCommand {
    struct Frames: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Recorded verdicts against the masks of the UCSD Ped2 test clips: frame-level AUROC.",
            discussion: """
                The daemon writes verdicts where a camera has `verdict_log`; here one file per test clip is expected, \
                named after it: 01.ndjson for test/01. All frames of all clips are pooled; a frame's score is the highest \
                surprise in it.
                """)

        @Option(help: "Folder of the data set, with test/ and test_masks/.") var ped2: String
        @Option(help: "Folder with the recorded verdicts.") var verdicts: String

        func run() throws {
            try reporting {
                let dataset = try UCSDPed2(ped2)
                var labels: [Bool] = []
                var scores: (pixels: [Float], objects: [Float]) = ([], [])
                for clip in dataset.test {
                    let log = try VerdictLog.read("\(verdicts)/\(clip.name).ndjson")
                    guard log.count == clip.frames.count else {
                        throw EvaluationError(
                            .malformed,
                            "\(verdicts)/\(clip.name).ndjson has \(log.count) verdicts for \(clip.frames.count) frames; run "
                                + "the daemon with analysis_fps: 0 and pace: maximum")
                    }
                    let truth = try clip.labels()
                    let pixels = log.map(\.map.peak)
                    let objects = log.map(\.objectSurprise)
                    report("clip \(clip.name)", truth, pixels, objects)
                    labels += truth
                    scores.pixels += pixels
                    scores.objects += objects
                }
                report("all", labels, scores.pixels, scores.objects)
            }
        }

        private func report(_ name: String, _ labels: [Bool], _ pixels: [Float], _ objects: [Float]) {
            let both = zip(pixels, objects).map { max($0, $1) }
            func area(_ scores: [Float]) -> String {
                guard let value = ROC.auroc(scores: scores, labels: labels) else { return "-" }
                let digits = String(Int((value * 1000).rounded()) + 1000).dropFirst()
                return value >= 0.9995 ? "1.000" : "0.\(digits)"
            }
            Terminal.write(
                "\(name): \(labels.count) frames, \(labels.count { $0 }) anomalous, frame-level AUROC \(area(both)) "
                    + "(pixels \(area(pixels)), objects \(area(objects)))\n")
        }
    }
}
