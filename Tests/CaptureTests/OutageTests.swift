import Basics
import Capture
import FaultLab
import Foundation
import Imaging
import Streams
import Testing

/// Outages of every kind and length: how long a camera that can be reached again stays away.
@Suite(.serialized)
struct OutageTests {
    /// What is promised for 99 of 100 outages.
    private static let promise = Duration.seconds(6)

    private enum Kind: CaseIterable, Sendable {
        case refused, blackHole, mute, reset, fin, freeze

        func begin(_ proxy: FaultProxy) {
            switch self {
            case .refused, .reset:
                proxy.change { $0.door = .refused }
                proxy.cut(.reset)
            case .blackHole:
                proxy.change { $0.door = .blackHole }
                proxy.cut(.silence)
            case .mute:
                proxy.change { $0.door = .mute }
                proxy.cut(.silence)
            case .fin:
                proxy.change { $0.door = .refused }
                proxy.cut(.fin)
            case .freeze:
                proxy.change {
                    $0.toClient.isFrozen = true
                    $0.toServer.isFrozen = true
                }
            }
        }

        /// From now on the camera can be reached; what was connected is gone, as after a restart.
        func end(_ proxy: FaultProxy) {
            proxy.cut(.reset)
            proxy.heal()
        }
    }

    /// One camera behind a proxy, and its frames.
    private final class Post: Sendable {
        let proxy: FaultProxy
        let session: CaptureSession
        let log = EventLog()

        init(_ name: String, _ camera: LabCamera, _ clocks: any Clocks, gate: DialGate) throws {
            proxy = FaultProxy(before: camera.port)
            session = CaptureSession(
                camera: name, source: try source(camera.address("cam", port: proxy.port)), clocks: clocks,
                gate: gate, onEvent: log.append)
            session.start()
        }

        /// When the first frame after a moment came; nil when none did in time.
        func frame(after moment: MonotonicTime, seconds: Int) -> MonotonicTime? {
            let end = ContinuousClock.now + .seconds(seconds)
            while ContinuousClock.now < end {
                if case .frame(let frame) = session.mailbox.take(timeout: .milliseconds(100)), frame.arrival > moment {
                    return frame.arrival
                }
            }
            return nil
        }
    }

    private func report(_ what: String, _ times: [Duration]) {
        let sorted = times.sorted()
        func quantile(_ share: Double) -> Int64 {
            sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))].milliseconds
        }
        print(
            "\(what): \(times.count) outages, back after p50 \(quantile(0.5)) ms, p99 \(quantile(0.99)) ms, "
                + "longest \(quantile(1)) ms")
        let late = sorted.count { $0 > Self.promise }
        #expect(
            late * 100 <= sorted.count,
            "\(late) of \(sorted.count) took longer than \(Self.promise): \(sorted.suffix(8))")
    }

    @Test func `after short outages of every kind, cameras are back within seconds`() throws {
        let camera = LabCamera(["cam": Feed(try Clip.bars(Array(0..<50)), rate: 10)])
        let gate = DialGate(limit: 8)
        let clocks = SystemClocks()
        let recoveries = Locked<[Duration]>([])
        let done = DispatchGroup()
        for index in 0..<16 {
            let post = try Post("camera-\(index)", camera, clocks, gate: gate)
            done.enter()
            _ = OwnThread.start { @Sendable in
                defer { done.leave() }
                var random = SeededGenerator(seed: UInt64(1000 + index))
                guard var last = post.frame(after: clocks.monotonic(), seconds: 30) else {
                    recoveries.withLock { $0.append(.seconds(3600)) }
                    return
                }
                for _ in 0..<8 {
                    // A healthy connection, as between real outages.
                    for _ in 0..<12 { last = post.frame(after: last, seconds: 20) ?? last }
                    let kind = Kind.allCases[random.index(below: Kind.allCases.count)]
                    kind.begin(post.proxy)
                    usleep(UInt32(random.uniform(in: 0.2..<6.0) * 1e6))
                    kind.end(post.proxy)
                    let reachable = clocks.monotonic()
                    let back = post.frame(after: reachable + .milliseconds(20), seconds: 40)
                    recoveries.withLock { $0.append(back.map { $0 - reachable } ?? .seconds(3600)) }
                }
                post.session.stop()
            }
        }
        done.wait()
        report("short outages", recoveries.withLock { $0 })
    }

    /// Clocks whose sleepers live through hours in no time, and who cause what is due on their way.
    private final class Timetable: Clocks {
        private struct Entry {
            let moment: MonotonicTime
            let action: @Sendable () -> Void
        }

        private let clocks = ManualClocks()
        private let due = Locked<Entry?>(nil)

        func monotonic() -> MonotonicTime { clocks.monotonic() }
        func wallTimeMs() -> Int64 { clocks.wallTimeMs() }

        func sleep(for duration: Duration) {
            clocks.sleep(for: duration)
            let now = clocks.monotonic()
            let entry = due.withLock { due -> Entry? in
                guard let entry = due, entry.moment <= now else { return nil }
                due = nil
                return entry
            }
            entry?.action()
        }

        func schedule(_ moment: MonotonicTime, _ action: @escaping @Sendable () -> Void) {
            due.withLock { $0 = Entry(moment: moment, action: action) }
        }
    }

    @Test func `a camera that was away for days is back as fast as after a minute`() throws {
        let camera = LabCamera(["cam": Feed(try Clip.bars(Array(0..<50)), rate: 50)])
        let recoveries = Locked<[Duration]>([])
        let done = DispatchGroup()
        for index in 0..<4 {
            let clocks = Timetable()
            let post = try Post("camera-\(index)", camera, clocks, gate: DialGate(limit: 1))
            done.enter()
            _ = OwnThread.start { @Sendable in
                defer { done.leave() }
                var random = SeededGenerator(seed: UInt64(2000 + index))
                _ = drain(post.session.mailbox, limit: 12)
                for round in 0..<18 {
                    // From ten seconds to an hour, evenly on a logarithmic scale, and once three days.
                    let seconds = round == 17 && index == 0 ? 72 * 3600 : 10 * pow(360, random.uniform())
                    let reachable = clocks.monotonic() + .seconds(seconds)
                    let isOpen = DispatchSemaphore(value: 0)
                    clocks.schedule(reachable) {
                        post.proxy.heal()
                        while post.proxy.isClosed { usleep(200) }
                        isOpen.signal()
                    }
                    post.proxy.change { $0.door = .refused }
                    post.proxy.cut(round % 2 == 0 ? .reset : .fin)
                    guard isOpen.wait(timeout: .now() + 60) == .success else {
                        recoveries.withLock { $0.append(.seconds(3600)) }
                        continue
                    }
                    let frames = drain(post.session.mailbox, limit: 12)
                    let back = frames.last { $0.arrival >= reachable }
                    recoveries.withLock { $0.append(back.map { $0.arrival - reachable } ?? .seconds(3600)) }
                }
                post.session.stop()
            }
        }
        done.wait()
        report("long outages", recoveries.withLock { $0 })
    }
}
