internal import CKernels
package import Imaging
package import Tensors

/// Brings masks into the original picture: bilinear between the centres of the mask's cells, covered from one half on.
package struct MaskPasting {
    /// Size of the picture in pixels.
    package let width: Int
    package let height: Int

    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// - Parameters:
    ///   - logits: `[side, side]`
    ///   - box: where the mask lies, in pixels of the picture; without area nothing is covered.
    package func callAsFunction(
        _ logits: UnsafePointer<Float>, side: Int, over box: Box, workspace: Workspace
    ) -> Silhouette {
        // Neither crossed nor of anything that is not a number.
        guard box.area > 0 else { return .empty }
        let inside = box.clipped(width: width, height: height)
        // One pixel around the box, which the reference looks at too.
        let (left, top) = (max(0, Int(inside.x1.rounded(.down)) - 1), max(0, Int(inside.y1.rounded(.down)) - 1))
        let right = min(width, Int(inside.x2.rounded(.up)) + 1)
        let bottom = min(height, Int(inside.y2.rounded(.up)) + 1)
        guard left < right, top < bottom else { return .empty }
        let (columns, rows) = (right - left, bottom - top)
        let probabilities = workspace.borrow([side, side])
        let scratch = workspace.borrow([ck_paste_mask_scratch(side, Int32(columns))])
        defer {
            workspace.giveBack(probabilities)
            workspace.giveBack(scratch)
        }
        ck_mask_probabilities(logits, side * side, probabilities.pointer)
        let runs = withUnsafeTemporaryAllocation(of: UInt32.self, capacity: columns * rows + 1) { runs in
            let count = ck_paste_mask(
                probabilities.pointer, side, [box.x1, box.y1, box.x2, box.y2], Int32(left), Int32(top),
                Int32(columns), Int32(rows), scratch.pointer, runs.baseAddress)
            return Array(runs[..<count])
        }
        return Silhouette(x: left, y: top, width: columns, height: rows, runs: runs) ?? .empty
    }
}
