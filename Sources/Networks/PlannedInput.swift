/// Size of the pictures that a network is loaded for.
///
/// Where a layer can be computed in several ways, the one is chosen that suits its map at this size; maps of other sizes
/// are computed as well, perhaps less fast.
public struct PlannedInput: Sendable, Hashable {
    /// Pixels behind padding.
    public let height: Int
    public let width: Int

    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    /// A common size of surveillance pictures behind resizing.
    public static let typical = PlannedInput(height: 480, width: 640)

    /// Cells of a map whose cells cover `stride` x `stride` pixels.
    public func cells(stride: Int) -> Int { (height / stride) * (width / stride) }
}
