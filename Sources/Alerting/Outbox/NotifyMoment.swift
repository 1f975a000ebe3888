/// What happened to an event that is worth telling.
public enum NotifyMoment: String, Sendable, Codable, Hashable, CaseIterable {
    case opened
    /// Closed or interrupted.
    case closed
    /// An operator said what it was, or took it back.
    case labelled
}
