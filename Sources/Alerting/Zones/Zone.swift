public import Imaging

/// A part of a camera's picture that the operator named.
public struct Zone: Sendable, Hashable {
    public enum Kind: String, Sendable, CaseIterable {
        /// Only what is seen in a zone of this kind counts, once there is one.
        case include
        /// What is seen mostly in zones of this kind does not count.
        case ignore
        /// Blackened before anything sees the picture.
        case privacy
    }

    /// Unique in its camera.
    public let name: String
    public let kind: Kind
    public let polygon: Polygon

    public init(name: String, kind: Kind, polygon: Polygon) {
        self.name = name
        self.kind = kind
        self.polygon = polygon
    }
}
