public import Tensors

/// One level of a backbone's or pyramid's output.
public struct FeatureMap: Sendable {
    /// `[H, W, C]`
    public let tensor: Tensor
    /// Input pixels per cell.
    public let stride: Int

    public init(tensor: Tensor, stride: Int) {
        self.tensor = tensor
        self.stride = stride
    }
}

extension Workspace {
    /// Returns the maps' memory; nobody may use them afterwards.
    public func giveBack(_ maps: [FeatureMap]) {
        for map in maps { giveBack(map.tensor) }
    }
}
