import Analysis
import Basics
import Imaging
import Service
import TestSupport
import Testing

/// Cameras that teach themselves, with a model that is quick to learn.
@Suite struct LiveLearningTests {
    private enum Told: Equatable {
        case gathering(String)
        case learned(String)
        case startedOver(String)
        case failed(String)
        case installed(String)
    }

    /// A site with its profiles, and what its cameras were told.
    private final class Site: Sendable {
        private let folders = [TemporaryFolder(), TemporaryFolder()]
        private let heard: Locked<[Told]>
        let store: ProfileStore
        let learning: LiveLearning

        init(_ cameras: [String]) throws {
            let (heard, store) = (Locked<[Told]>([]), ProfileStore(root: folders[0].path))
            let pupils = cameras.map { name in
                var settings = CameraSettings(name: name, source: SourceAddress("rtsp://\(name)/"))
                settings.profile = "shared"
                settings.analysisRate = 0
                settings.learningMinutes = 0.01
                let pupil = LiveLearning.Pupil(settings) { @Sendable report in
                    heard.withLock { $0 += Site.words(report, name) }
                }
                return (name, pupil)
            }
            self.heard = heard
            self.store = store
            learning = LiveLearning(
                Dictionary(uniqueKeysWithValues: pupils), model: try AnomalyModel(TinyBundle().open(in: folders[1])),
                store: store, clocks: SystemClocks()
            ) { @Sendable profile in heard.withLock { $0.append(.installed(profile.record.identity)) } }
        }

        deinit { learning.stop() }

        private static func words(_ report: LiveLearning.Report, _ name: String) -> [Told] {
            switch report {
            case .gathering: [.gathering(name)]
            case .learning, .proving: []
            case .learned: [.learned(name)]
            case .startedOver(let reason): [.startedOver(reason)]
            case .failed(let reason): [.failed(reason)]
            }
        }

        var told: [Told] { heard.withLock { $0 } }

        private func tells(_ isMeant: (Told) -> Bool) -> Bool { told.contains(where: isMeant) }

        private var isOver: Bool {
            tells { if case .learned = $0 { true } else if case .failed = $0 { true } else { false } }
        }

        /// Offers frames, from whatever wall each camera sees at that time, until a version is in force and was reported,
        /// or learning failed. On a thread of its own, as cameras do: other tests may keep all threads of the pool busy for
        /// longer than a silent camera is waited for.
        func watch(_ cameras: [String], _ wall: @escaping @Sendable ([Told]) -> WanderingSquare) async throws {
            let began = OwnThread.start { @Sendable [self] in
                let clocks = SystemClocks()
                for index in 0..<6000 where !isOver {
                    // Before the look at what was told: what arrives once a version is in force is judged, not offered.
                    let arrival = clocks.monotonic()
                    if !tells({ if case .installed = $0 { true } else { false } }) {
                        for camera in cameras {
                            learning.offer(wall(told).frame(index, camera: camera, arrival: arrival))
                        }
                    }
                    clocks.sleep(for: .milliseconds(20))
                }
            }
            try #require(began)
            for _ in 0..<12_000 where !isOver { try await Task.sleep(for: .milliseconds(50)) }
        }
    }

    @Test func `one camera learns for all that share the profile`() async throws {
        let site = try Site(["north", "south"])
        #expect(site.learning.start())
        try await site.watch(["north", "south"]) { _ in WanderingSquare(tint: 25) }
        // Time for the other one to be taught what it knows.
        try await Task.sleep(for: .milliseconds(500))
        let told = site.told
        #expect(told.filter { $0 != .gathering("north") } == [.installed("shared v1"), .learned("north")])
        #expect(site.store.versions("shared") == [1])
    }

    @Test func `a picture of another size in the middle of learning starts it over`() async throws {
        let site = try Site(["gate"])
        #expect(site.learning.start())
        try await site.watch(["gate"]) { told in
            // The operator changes the camera's resolution after a while.
            told.count < 20 ? WanderingSquare(tint: 25) : WanderingSquare(width: 96, height: 160, tint: 25)
        }
        let told = site.told.filter { $0 != .gathering("gate") }
        #expect(told.dropFirst() == [.installed("shared v1"), .learned("gate")])
        guard case .startedOver(let reason) = told.first else {
            Issue.record("it did not start over: \(told)")
            return
        }
        #expect(reason.contains("size changed to 96x160"))
    }
}
