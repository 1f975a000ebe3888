import Basics
import Capture
import FaultLab
import Foundation
import Imaging
import Streams
import Testing

/// The fault laboratory's own camera and proxy, and what capture makes of their tricks.
@Suite(.serialized)
struct LabCameraTests {
    private static let numbers = Array(0..<60)

    /// The first `count` frames of a scripted camera, and what became of them.
    private func watch(_ feed: Feed, count: Int = 50, seconds: Int = 8) throws -> (
        numbers: [Int], times: [Duration], counters: CaptureCounters
    ) {
        let camera = LabCamera(["cam": feed])
        let session = CaptureSession(
            camera: "cam", source: try source(camera.address("cam")), clocks: SystemClocks(), capacity: 256,
            onEvent: { _ in })
        session.start()
        let frames = drain(session.mailbox, limit: count, seconds: seconds)
        #expect(session.stop())
        return (frames.map(number), frames.map(\.presentationTime), session.counters)
    }

    @Test(arguments: [Clip.Codec.h264, .h265, .mpeg4])
    func `every picture of a scripted camera arrives, in order`(codec: Clip.Codec) throws {
        let (numbers, times, counters) = try watch(Feed(try Clip.bars(Self.numbers, codec: codec), rate: 25))
        #expect(numbers == Array(0..<50))
        #expect(counters.connections == 1 && counters.reanchoredTimestamps == 0 && counters.decodeErrors == 0)
        // libav does not know the first one.
        for (time, next) in zip(times, times.dropFirst()).dropFirst() {
            #expect((39...41).contains((next - time).milliseconds))
        }
    }

    @Test(arguments: [Feed.Timing.equal, .backward, .jumping, .pairs])
    func `strange timestamps cost no frame and no connection`(timing: Feed.Timing) throws {
        var feed = Feed(try Clip.bars(Self.numbers), rate: 25)
        feed.timing = timing
        let (numbers, times, counters) = try watch(feed)
        #expect(numbers == Array(0..<50))
        #expect(counters.connections == 1 && counters.reanchoredTimestamps >= 2, "\(counters)")
        for (time, next) in zip(times, times.dropFirst()) {
            #expect(next > time && next - time < .seconds(1), "\(timing)")
        }
    }

    @Test func `a stream that begins without a key frame gives frames from its next key frame on`() throws {
        var feed = Feed(try Clip.bars(Self.numbers, keyEvery: 20), rate: 25)
        feed.firstPicture = 7
        let (numbers, _, _) = try watch(feed, count: 20)
        #expect(numbers == Array(20..<40))
    }

    @Test func `a proxy delays, throttles and cuts`() throws {
        let camera = LabCamera(["cam": Feed(try Clip.bars(Self.numbers), rate: 25)])
        let proxy = FaultProxy(before: camera.port)
        let log = EventLog()
        let clocks = SystemClocks()
        let session = CaptureSession(
            camera: "cam", source: try source(camera.address("cam", port: proxy.port)), clocks: clocks,
            capacity: 256, onEvent: log.append)
        session.start()
        // Those that came while the stream was identified arrive at once.
        #expect(drain(session.mailbox, limit: 60).count == 60)
        proxy.change { $0.toClient.delay = .seconds(1) }
        let silent = clocks.monotonic()
        // One may have been on its way.
        _ = drain(session.mailbox, limit: 2)
        #expect(clocks.monotonic() - silent > .milliseconds(800))
        #expect(drain(session.mailbox, limit: 20).count == 20)
        proxy.heal()
        proxy.cut(.reset)
        while log.connections < 2 { #expect(drain(session.mailbox, limit: 1).count == 1) }
        #expect(log.firstLoss?.code == .connectionLost || log.firstLoss?.code == .unreachable, "\(log.events)")
        #expect(session.stop())
        #expect(camera.counts("cam").played == 2)
    }

    @Test func `doors of a proxy`() throws {
        let camera = LabCamera(["cam": Feed(try Clip.bars(Self.numbers))])
        let proxy = FaultProxy(before: camera.port)
        func opening(_ door: FaultProxy.Door) throws -> StreamError? {
            proxy.change { $0.door = door }
            usleep(50_000)
            let description = try source(
                camera.address("cam", port: proxy.port), openTimeout: .seconds(door == .open ? 10 : 1))
            return captureError { _ = try FrameReader(description).read() }
        }
        #expect(try opening(.refused)?.code == .unreachable)
        #expect(try opening(.blackHole)?.code == .timedOut)
        #expect(try opening(.mute)?.code == .timedOut)
        #expect(try opening(.answers(Array("what?\r\n".utf8))) != nil)
        #expect(try opening(.open) == nil)
        #expect(try opening(.blackHole)?.code == .timedOut)
        #expect(try opening(.open) == nil)
    }
}
