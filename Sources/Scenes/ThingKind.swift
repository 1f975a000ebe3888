/// What the renderer can draw.
public enum ThingKind: String, Sendable, Codable, CaseIterable {
    case person
    case cyclist
    case dog
    case cart
    case car
    case van
    case robot
    case box
    case bag
    case suitcase
    case barrel
    case cone
    case ball
    case chair
    case ladder
    /// A shape that has no name: random outline, random pattern.
    case blob
    /// A liquid that spreads on the ground.
    case spill
    /// Paint on the wall, or on the ground where no wall is in view.
    case graffiti
    /// An opening in the ground with its lid beside it.
    case hatch

    /// Things that stand or move on the ground.
    public static let objects: [ThingKind] = allCases.filter { !surfaces.contains($0) }

    /// Changes of a surface; they have no height.
    public static let surfaces: [ThingKind] = [.spill, .graffiti, .hatch]

    /// Usual speed in metres per second when it crosses the view.
    var speed: Float {
        switch self {
        case .person: 1.35
        case .cyclist: 3.2
        case .dog: 2.2
        case .car, .van: 4
        case .ball: 2.5
        case .cart, .robot: 1.6
        default: 1.2
        }
    }
}
