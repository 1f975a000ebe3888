public import Analysis
public import Imaging

/// One camera's way from trouble to history: the camera event machine, its snapshots and the hand-over to the writer.
///
/// One thread at a time.
public struct CameraRecorder: Sendable {
    public typealias Instant = CameraEventMachine.Instant

    public private(set) var machine: CameraEventMachine
    private let writer: EventWriter

    public init(machine: CameraEventMachine, writer: EventWriter) {
        self.machine = machine
        self.writer = writer
    }

    /// See `CameraEventMachine.troubled`.
    public mutating func troubled(_ kind: CameraEventKind, detail: String, isFinal: Bool = false, at now: Instant) {
        record(machine.troubled(kind, detail: detail, isFinal: isFinal, at: now))
    }

    /// See `CameraEventMachine.sawFrame`.
    public mutating func sawFrame(at now: Instant) { record(machine.sawFrame(at: now)) }

    /// Conditions that began or ended with a frame; the frame, if there is one, becomes the picture of what begins.
    public mutating func note(_ changes: [PictureChange], in frame: Frame?, at now: Instant) {
        for change in changes { record(machine.note(change, at: now), frame) }
    }

    /// See `CameraEventMachine.tick`.
    public mutating func tick(_ now: Instant) { record(machine.tick(now)) }

    /// See `CameraEventMachine.stop`.
    public mutating func stop(_ reason: CloseReason, at now: Instant) { record(machine.stop(reason, at: now)) }

    private func record(_ actions: [CameraEventAction], _ frame: Frame? = nil) {
        for action in actions {
            var snapshots: [EventSnapshot] = []
            // Without its picture the event still counts.
            if case .open = action, let frame, let jpeg = try? JPEG.encode(frame.pixels, quality: 88) {
                snapshots = [
                    EventSnapshot(kind: .clean, timeMs: frame.wallTimeMs, sequence: frame.sequence, jpeg: jpeg)
                ]
            }
            writer.submit(action, snapshots: snapshots)
        }
    }
}
