import Basics
import Capture
import Imaging
import Streams
import Testing

@Suite struct ReconnectPolicyTests {
    private let lost = StreamError(.connectionLost, "lost")

    private func delay(_ action: ReconnectPolicy.Action) -> Duration? {
        if case .retry(let wait) = action { wait } else { nil }
    }

    private static let limits: [(code: StreamError.Code, waits: [Double])] = [
        (.unreachable, [0.5, 1, 2, 2, 2, 2, 2]), (.timedOut, [0.5, 1, 2, 2, 2, 2, 2]),
        (.connectionLost, [0.5, 1, 2, 4, 4, 4, 4]), (.stalled, [0.5, 1, 2, 4, 4, 4, 4]),
        (.noSuchStream, [0.5, 1, 2, 4, 4, 4, 4]), (.decoderFailed, [0.5, 1, 2, 4, 8, 15, 15]),
        (.authenticationRefused, [15, 15, 15, 15, 15, 15, 15]),
    ]

    @Test(arguments: 0..<20)
    func `waits double from half a second up to what the failure deserves, within a quarter at random`(_ seed: Int)
        throws
    {
        for (code, waits) in Self.limits {
            var policy = ReconnectPolicy(isLive: true, seed: UInt64(seed))
            for (attempt, middle) in waits.enumerated() {
                let wait = try #require(delay(policy.failed(StreamError(code, "no"))))
                #expect(wait >= .seconds(middle * 0.75) && wait <= .seconds(middle * 1.25), "\(code) \(attempt)")
            }
        }
    }

    @Test func `an outage of any length leaves the same wait behind`() throws {
        var policy = ReconnectPolicy(isLive: true, seed: 1)
        var longest = Duration.zero
        let gone = StreamError(.unreachable, "gone")
        for _ in 0..<20_000 { longest = max(longest, try #require(delay(policy.failed(gone)))) }
        #expect(longest <= .seconds(2 * 1.25) && longest > .seconds(2))
    }

    @Test func `only ten good frames make a connection healthy again`() throws {
        var policy = ReconnectPolicy(isLive: true, seed: 2)
        for _ in 0..<6 { _ = policy.failed(lost) }
        for _ in 0..<9 { policy.frameArrived() }
        #expect(try #require(delay(policy.failed(lost))) >= .seconds(3))
        for _ in 0..<9 { policy.frameArrived() }
        #expect(try #require(delay(policy.failed(lost))) >= .seconds(3))
        for _ in 0..<10 { policy.frameArrived() }
        #expect(try #require(delay(policy.failed(lost))) < .seconds(0.7))
    }

    @Test func `files are not tried again, nor what cannot get better`() throws {
        var file = ReconnectPolicy(isLive: false, seed: 3)
        #expect(file.failed(lost) == .fail(lost))
        var camera = ReconnectPolicy(isLive: true, seed: 3)
        for code in [StreamError.Code.unsupportedSource, .decoderMissing] {
            #expect(camera.failed(StreamError(code, "no")) == .fail(StreamError(code, "no")))
        }
        // Memory may be free again in a moment.
        #expect(delay(camera.failed(StreamError(.outOfResources, "no"))) != nil)
    }

    @Test func `cameras that fail together do not return together`() {
        let waits = (0..<64).compactMap { seed -> Int64? in
            var policy = ReconnectPolicy(isLive: true, seed: UInt64(seed))
            return delay(policy.failed(lost))?.nanoseconds
        }
        #expect(Set(waits).count > 60)
    }
}

@Suite struct TimestampLineTests {
    @Test func `regular times pass through from zero`() {
        var line = TimestampLine(period: .milliseconds(40))
        for index in 0..<50 {
            let (position, fault) = line.place(.milliseconds(90_000 + 40 * index))
            #expect(position == .milliseconds(40 * index) && fault == .none)
        }
    }

    @Test func `equal, backward, jumping and missing times go on by one period and are told`() {
        var line = TimestampLine(period: .milliseconds(40))
        let steps: [(Duration?, Int, TimestampLine.Fault)] = [
            (.milliseconds(1000), 0, .none), (.milliseconds(1040), 40, .none), (.milliseconds(1040), 80, .reanchored),
            (.milliseconds(1080), 120, .none), (.milliseconds(200), 160, .reanchored), (.milliseconds(240), 200, .none),
            (nil, 240, .missing), (.milliseconds(320), 280, .none), (.seconds(5000), 320, .reanchored),
            (.seconds(5000) + .milliseconds(50), 370, .none), (.seconds(5004), 4320, .none),
        ]
        for (stream, expected, fault) in steps {
            let placed = line.place(stream)
            #expect(
                placed.position == .milliseconds(expected) && placed.fault == fault, "\(String(describing: stream))")
        }
    }

    @Test(arguments: 0..<30)
    func `whatever comes, the line grows`(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var line = TimestampLine(period: .milliseconds(66), continuingAt: .seconds(7))
        var previous = Duration.milliseconds(6999)
        for _ in 0..<500 {
            let stream: Duration? =
                random.index(below: 9) == 0 ? nil : .milliseconds(Int64(truncatingIfNeeded: random.next() >> 40))
            let position = line.place(stream).position
            #expect(position > previous)
            previous = position
        }
    }

    @Test func `a new connection continues where it is told`() {
        var line = TimestampLine(period: .milliseconds(40), continuingAt: .seconds(12))
        #expect(line.place(.seconds(500)).position == .seconds(12))
        #expect(line.place(.seconds(500) + .milliseconds(40)).position == .seconds(12) + .milliseconds(40))
    }
}

@Suite struct FrameMailboxTests {
    private func frame(_ sequence: UInt64) -> Frame {
        Frame(
            camera: "c", sequence: sequence, presentationTime: .zero, arrival: MonotonicTime(nanoseconds: 0),
            wallTimeMs: 0,
            pixels: PixelBuffer(width: 1, height: 1, format: .gray8))
    }

    private func take(_ mailbox: FrameMailbox) -> UInt64? {
        if case .frame(let frame) = mailbox.take(timeout: .zero) { frame.sequence } else { nil }
    }

    @Test func `the newest frames win and the drops are counted`() {
        let ledger = FrameLedger()
        let mailbox = FrameMailbox(capacity: 2, waitsForConsumer: false, ledger: ledger)
        for sequence in 0..<5 { mailbox.put(frame(UInt64(sequence))) }
        #expect(take(mailbox) == 3 && take(mailbox) == 4 && take(mailbox) == nil)
        #expect(ledger.counts.dropped(.superseded) == 3 && ledger.counts.taken == 2)
    }

    @Test func `what waits at the end may be taken, and the end stays`() {
        let mailbox = FrameMailbox(capacity: 2, waitsForConsumer: true, ledger: FrameLedger())
        mailbox.put(frame(0))
        mailbox.finish()
        #expect(take(mailbox) == 0)
        for _ in 0..<3 {
            guard case .ended = mailbox.take(timeout: .zero) else {
                Issue.record("no end")
                return
            }
        }
    }

    @Test func `closing drops what waits and counts what comes later`() {
        let ledger = FrameLedger()
        let mailbox = FrameMailbox(capacity: 2, waitsForConsumer: false, ledger: ledger)
        mailbox.put(frame(0))
        mailbox.close()
        mailbox.put(frame(1))
        #expect(take(mailbox) == nil)
        #expect(ledger.counts.dropped(.stopped) == 2 && ledger.counts.waiting == 0)
    }
}
