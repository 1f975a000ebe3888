/// What can be wrong with a camera's picture as a whole.
public enum PictureCondition: String, Sendable, Codable, Hashable, CaseIterable {
    /// Something right before the lens hides most of what is known of the view.
    case obstructed
    /// The view gave way at once to one plain surface, as when paint is sprayed on the lens.
    case sprayed
    /// Fine detail is gone everywhere while the coarse structure has stayed.
    case defocused
    /// The stream runs, but the picture repeats.
    case frozen
    /// Nothing but black, where the camera has seen something before.
    case dark
    /// The picture is sharp and full of structure, and none of it is known: the camera was turned or moved.
    case sceneChanged = "scene-changed"

    /// Whether anomalies in such a picture are no news: what is to be seen is not the view that was learned.
    public var hidesView: Bool { self != .defocused }
}

/// A condition that begins or ends, in the frame at which that is certain.
public struct PictureChange: Sendable, Hashable {
    public enum Step: String, Sendable, Codable {
        case begins
        /// The picture is what it was before.
        case restored
        /// What it shows is the camera's normal picture from now on.
        case accepted
    }

    public let condition: PictureCondition
    public let step: Step
    /// For how long it had been so when it became certain, in stream time.
    public let age: Duration

    public init(_ condition: PictureCondition, _ step: Step, age: Duration) {
        self.condition = condition
        self.step = step
        self.age = age
    }
}
