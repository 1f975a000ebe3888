import Alerting
import ArgumentParser
import Basics
import Capture
import FoundationEssentials
import Imaging
import Scenes
import Service
import Streams

extension ZonesCommand {
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Draw a camera's zones over one of its pictures, and say what is odd about them.",
            discussion: """
                The picture is the camera's newest in the history, unless --picture or --live says otherwise. Green is \
                what counts, orange what is ignored, violet what is blackened. Along the edges stand the shares of width \
                and height that polygons are written in. Without -o nothing is drawn.
                """)

        @OptionGroup var store: StoreOptions
        @Option(help: "The camera's name in the configuration.") var camera: String
        @Option(help: "Draw over this picture or recording.") var picture: String?
        @Flag(help: "Draw over what the camera shows now; what is private is black there.") var live = false
        @Option(name: .shortAndLong, help: "Write the picture to this file: .jpg or .png.") var output: String?

        /// How long a camera may take to send a picture.
        private static let patience: Duration = .seconds(20)
        /// So many of the newest events may lack a picture.
        private static let lookBack = 100

        func validate() throws {
            guard picture == nil || !live else { throw ValidationError("give --picture or --live, not both") }
            if let output, !["jpg", "jpeg", "png"].contains(Self.suffix(output)) {
                throw ValidationError("-o must name a .jpg or .png file")
            }
            if output == nil, picture != nil || live {
                throw ValidationError("-o is missing: where to write the picture")
            }
        }

        func run() throws {
            try reporting {
                let settings = try store.configuration.settings()
                guard let camera = settings.cameras.first(where: { $0.name == self.camera }) else {
                    let known = settings.cameras.map(\.name).joined(separator: ", ")
                    Terminal.note(
                        "monitorctl: \(store.configuration.config) has no camera \(self.camera); it has: \(known)")
                    throw Status.configuration
                }
                Terminal.write(Self.text(ZoneReport(camera.zones)))
                guard let output else { return }
                try Self.write(ZonePicture.draw(camera.zones, over: try pixels(camera)), to: output)
                Terminal.note("wrote \(output)")
            }
        }

        /// A table of the zones, what is left, and the warnings.
        static func text(_ report: ZoneReport) -> String {
            guard !report.shares.isEmpty else { return "no zones: everything counts\n" }
            var table = Table([("ZONE", .left), ("KIND", .left), ("POINTS", .right), ("OF THE PICTURE", .right)])
            for (zone, share) in report.shares {
                table.add(
                    [zone.name, zone.kind.rawValue, "\(zone.polygon.points.count)", ZoneReport.percent(share)])
            }
            return table.aligned(header: true)
                + "things count in \(ZoneReport.percent(report.counting)) of the picture\n"
                + report.warnings.map { "warning: \($0)\n" }.joined()
        }

        private static func suffix(_ path: String) -> String { path.split(separator: ".").last?.lowercased() ?? "" }

        private static func write(_ pixels: PixelBuffer, to path: String) throws {
            guard suffix(path) != "png" else { return try VideoEncoder.writePNG(pixels, to: path) }
            do {
                try Data(try JPEG.encode(pixels)).write(to: URL(filePath: path))
            } catch {
                Terminal.note("monitorctl: \(path): cannot write the picture; is its folder one that you may write to?")
                throw Status.inputOutput
            }
        }

        private func pixels(_ camera: CameraSettings) throws -> PixelBuffer {
            if let picture { return try first(of: SourceDescription(url: try CameraURL(picture)), named: picture) }
            if live {
                let source = try camera.sourceDescription(environment: ProcessInfo.processInfo.environment)
                return try first(of: source, named: camera.name)
            }
            let reader = try store.reader()
            var query = EventQuery()
            query.filter.cameras = [camera.name]
            query.limit = Self.lookBack
            for event in try reader.events(query).events {
                if let snapshot = try reader.snapshot(event.id, .clean) { return try JPEG.decode(snapshot.jpeg) }
            }
            Terminal.note("monitorctl: no picture of \(camera.name) is stored yet; give --live, or --picture FILE")
            throw Status.nothingFound
        }

        private func first(of source: SourceDescription, named name: String) throws -> PixelBuffer {
            let frames = try LearningFrames(source, camera: camera, for: Self.patience, clocks: SystemClocks()) {
                false
            }
            guard let frame = try frames.next() else {
                Terminal.note("monitorctl: \(name) gave no picture")
                throw Status.inputOutput
            }
            return frame.pixels
        }
    }
}
