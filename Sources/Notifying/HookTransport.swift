public import Alerting
public import Basics
internal import Glibc
public import Service

/// Runs a program for each message, which it finds on its standard input.
///
/// | how it ends | what becomes of the message |
/// |---|---|
/// | exit status 0 | delivered |
/// | 75 (EX_TEMPFAIL) | tried again |
/// | 64 or 65 (EX_USAGE, EX_DATAERR) | rejected: never tried again |
/// | any other status, or a signal | tried again, ten times at most |
/// | not within the time limit, or it cannot be started | killed with all it started; tried again |
public final class HookTransport: NotificationTransport {
    private let command: [String]
    private let timeLimit: Duration
    private let picture: PictureProvider?
    private let clocks: any Clocks
    private let say: @Sendable (String) -> Void
    private let isInterrupted = Locked(false)

    /// - Parameters:
    ///   - picture: nil for messages without pictures.
    ///   - say: gets what the program prints, at most some lines.
    public init(
        _ settings: HookSettings, timeLimit: Duration, picture: PictureProvider?,
        clocks: any Clocks = SystemClocks(), say: @escaping @Sendable (String) -> Void
    ) {
        command = settings.command
        self.timeLimit = timeLimit
        self.picture = picture
        self.clocks = clocks
        self.say = say
    }

    public func deliver(_ notification: EventNotice) -> DeliveryOutcome {
        let program = command[0]
        var run: HookProcess
        do throws(HookProcess.Failure) {
            run = try HookProcess(
                command, input: notification.json(picture: picture?(notification)),
                environment: Self.environment(notification))
        } catch {
            return .unreachable("\(program) cannot be started: \(error.reason)")
        }
        let end = run.wait(clocks, limit: timeLimit) { isInterrupted.withLock { $0 } }
        let output = run.output.isEmpty ? "" : ": " + run.output
        if !run.output.isEmpty { say(run.output) }
        switch end {
        case .status(0): return .delivered
        case .status(EX_TEMPFAIL): return .busy("\(program) asks for another attempt (75)\(output)")
        case .status(let status) where [EX_USAGE, EX_DATAERR].contains(status):
            return .rejected("\(program) refuses the message (\(status))\(output)")
        case .status(let status): return .failed("\(program) ended with status \(status)\(output)")
        case .signal(let signal): return .failed("\(program) died of signal \(signal)\(output)")
        case .outOfTime: return .unreachable("\(program) took longer than \(timeLimit.words) and was killed\(output)")
        }
    }

    public func interrupt() { isInterrupted.withLock { $0 = true } }

    /// Nothing of the daemon's own.
    private static func environment(_ notification: EventNotice) -> [String] {
        let zone = getenv("TZ").map { ["TZ=" + String(cString: $0)] } ?? []
        return zone + [
            "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "MONITOR_ID=\(notification.id)",
            "MONITOR_MOMENT=\(notification.moment.rawValue)", "MONITOR_CAMERA=\(notification.camera)",
            "MONITOR_EVENT=\(notification.event)",
        ]
    }
}

/// A picture of the event that a message tells of, as JPEG; nil when there is none.
public typealias PictureProvider = @Sendable (EventNotice) -> [UInt8]?

extension Duration {
    /// Such as "10 s" and "0.5 s".
    var words: String {
        let tenths = (milliseconds + 50) / 100
        return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
    }
}
