internal import CKernels
internal import Tensors

/// A frame of zeros around a map, so that windows may reach beyond its edges.
struct MapFrame {
    /// Extents with the frame.
    let height: Int
    let width: Int
    /// Rows above and columns to the left.
    let padding: Int

    /// A framed copy of `[H, W, C]`, borrowed from the workspace.
    func surround(_ input: Tensor, context: ComputeContext) -> Tensor {
        let (rows, columns, channels) = (input.shape[0], input.shape[1], input.shape[2])
        let framed = context.workspace.borrow([height, width, channels])
        let (padding, width) = (padding, width)
        context.pool.forRanges(height, grain: 16) { @Sendable range in
            ck_frame_image(
                input.pointer, rows, columns, channels, padding, width, range.lowerBound, range.count, framed.pointer)
        }
        return framed
    }
}
