public import Basics
internal import CLibAV

/// Where libav's own messages go: nowhere, unless a sink is set.
public enum LibAVLog {
    /// How grave a message is.
    public enum Level: Sendable, Hashable {
        case error
        case warning
    }

    private struct State {
        var sink: (@Sendable (Level, String) -> Void)?
        var clocks: any Clocks = SystemClocks()
        var windowStart: MonotonicTime?
        var inWindow = 0
        var suppressed = 0
    }

    private static let state = Locked(State())

    /// Messages per second that reach the sink; the rest is counted.
    private static let messagesPerSecond = 5

    /// Sends warnings and errors of libav to `sink`, at most five a second, credentials removed; nil silences libav.
    ///
    /// `sink` is called on whatever thread libav works.
    public static func route(clocks: any Clocks, to sink: (@Sendable (Level, String) -> Void)?) {
        state.withLock { state in
            state.sink = sink
            state.clocks = clocks
            (state.windowStart, state.inWindow, state.suppressed) = (nil, 0, 0)
        }
        guard sink != nil else {
            mon_av_log_set(nil, AV_LOG_QUIET)
            return
        }
        mon_av_log_set(
            { level, text in if let text { LibAVLog.receive(level, String(cString: text)) } }, AV_LOG_WARNING)
    }

    private static func receive(_ level: Int32, _ text: String) {
        pass(level <= AV_LOG_ERROR ? .error : .warning, text)
    }

    /// Gives a line to the sink, of this process's libav or another's.
    static func pass(_ level: Level, _ text: String) {
        let (sink, suppressed) = state.withLock { state -> ((@Sendable (Level, String) -> Void)?, Int) in
            let now = state.clocks.monotonic()
            var missed = 0
            if state.windowStart.map({ now - $0 >= .seconds(1) }) ?? true {
                missed = state.suppressed
                (state.windowStart, state.inWindow, state.suppressed) = (now, 0, 0)
            }
            state.inWindow += 1
            guard state.inWindow <= messagesPerSecond else {
                state.suppressed += 1
                return (nil, 0)
            }
            return (state.sink, missed)
        }
        guard let sink else { return }
        if suppressed > 0 { sink(.warning, "\(suppressed) more messages of the decoder were left out") }
        let line = text.last == "\n" ? String(text.dropLast()) : text
        sink(level, Redaction.scrub(line))
    }
}
