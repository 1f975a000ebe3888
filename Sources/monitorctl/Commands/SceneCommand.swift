public import ArgumentParser
import Basics
import Scenes

extension SceneDescription.Spectrum: ExpressibleByArgument {}
extension ThingKind: ExpressibleByArgument {}

struct SceneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scene", abstract: "Render procedural surveillance scenes, to try the monitor and to train with.",
        subcommands: [Clip.self, Week.self, Dataset.self])

    struct Clip: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A video of a scene with people walking about; the same seed gives the same place.",
            discussion: """
                Visible scenes are written as H.264, thermal ones as FFV1 with 16 bits (use .mkv). --anomalies adds \
                something unknown that crosses the view, an object left behind, and a surface that changes.
                """)

        @Argument(help: "The video to write (.mp4 or .mkv).") var path: String
        @Option(help: "visible or thermal.") var spectrum = SceneDescription.Spectrum.visible
        @Option(help: "Length of the clip in seconds.") var seconds = 60.0
        @Option(help: "Where in the scene's time the clip begins, in seconds.") var start = 0.0
        @Option(help: "Chooses the place, the people and the noise.") var seed: UInt64 = 1
        @Option(help: "Frames per second.") var fps = 15.0
        @Option(help: "Width in pixels, even.") var width = 640
        @Option(help: "Height in pixels, even.") var height = 360
        @Flag(help: "With the script of anomalies.") var anomalies = false
        @Option(help: "How hard it rains, 0 to 1; the ground is wet when the clip begins.") var rain = 0.0
        @Option(help: "What crosses the view in the script; default: a van, or a car in thermal scenes.")
        var crossing: ThingKind?
        @Option(help: "Write what each frame shows, and when the anomalies are visible, to this JSON file.")
        var truth: String?

        func validate() throws {
            guard (1...86_400).contains(seconds), (0...1_000_000).contains(start) else {
                throw ValidationError("--seconds must be 1 to 86400, --start 0 to 1000000")
            }
            guard (1...120).contains(fps) else { throw ValidationError("--fps must be 1 to 120") }
            guard (0...1).contains(rain) else { throw ValidationError("--rain must be 0 to 1") }
            guard (64...4096).contains(width), (48...4096).contains(height), width % 2 == 0, height % 2 == 0 else {
                throw ValidationError("--width and --height must be even, at least 64 and 48, at most 4096")
            }
        }

        func run() throws {
            try reporting {
                let scene = SceneDescription(
                    width: width, height: height, framesPerSecond: fps, seconds: start + seconds, seed: seed,
                    spectrum: spectrum, anomalies: anomalies ? script : [],
                    rain: rain > 0 ? [RainSpell(second: start - 60, duration: seconds + 120, strength: rain)] : [])
                var bar = ProgressBar(clocks: SystemClocks())
                try SceneVideo.write(scene, from: Int((start * fps).rounded()), to: path, truthPath: truth) {
                    bar.show("rendering", fraction: $0)
                }
                bar.finishLine()
            }
        }

        /// Spread over the clip, so that the first comes after a quiet fifth.
        private var script: [ScriptedAnomaly] {
            [
                ScriptedAnomaly(
                    .crossing, crossing ?? (spectrum == .visible ? .van : .car), second: start + 0.2 * seconds, seed: 1),
                ScriptedAnomaly(
                    .leftBehind, spectrum == .visible ? .suitcase : .barrel, second: start + 0.45 * seconds, seed: 2),
                ScriptedAnomaly(
                    .surfaceChange, spectrum == .visible ? .hatch : .spill, second: start + 0.7 * seconds, seed: 3),
            ]
        }
    }

    struct Week: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A video of seven compressed days with infrared nights, rain and a script of anomalies.",
            discussion: """
                Hours are shorter than real ones, people walk at their real pace. The first two days are without \
                anomalies, to learn from; later ones come by day, at night, in rain and while the infrared lamp switches.
                """)

        @Argument(help: "The video to write (.mp4 or .mkv).") var path: String
        @Option(help: "Seconds of video per day.") var secondsPerDay = 1440.0
        @Option(help: "Chooses the place, the people and the noise.") var seed: UInt64 = 1
        @Option(help: "Frames per second.") var fps = 2.0
        @Option(help: "Write what each frame shows, and when the anomalies are visible, to this JSON file.")
        var truth: String?

        func validate() throws {
            guard (480...86_400).contains(secondsPerDay) else {
                throw ValidationError("--seconds-per-day must be 480 to 86400")
            }
            guard (1...120).contains(fps) else { throw ValidationError("--fps must be 1 to 120") }
        }

        func run() throws {
            try reporting {
                let week = SceneWeek(seed: seed, secondsPerDay: secondsPerDay, framesPerSecond: fps)
                var bar = ProgressBar(clocks: SystemClocks())
                try SceneVideo.write(week.description, to: path, truthPath: truth) {
                    bar.show("rendering", fraction: $0)
                }
                bar.finishLine()
            }
        }
    }

    struct Dataset: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Independent random pictures with boxes, for training a detector.")

        @Argument(help: "Folder for the PNG files and annotations.json.") var folder: String
        @Option(help: "Number of pictures.") var count = 1500
        @Option(help: "Chooses everything.") var seed: UInt64 = 1

        func validate() throws {
            guard (1...1_000_000).contains(count) else { throw ValidationError("--count must be 1 to 1000000") }
        }

        func run() throws {
            try reporting { try SceneDataset.export(folder: folder, count: count, seed: seed) }
        }
    }
}
