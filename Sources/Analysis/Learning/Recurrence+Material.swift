package import PixelAnomaly
package import Tensors

extension LearningMaterial {
    /// Patches to learn from and to calibrate on without those that fill one short time only; see `Recurrence`.
    package struct RecurringPatches: Sendable {
        package let patches: PatchSet
        /// Share of the patches to calibrate on, numbered behind the others.
        package let heldOutShare: Double
        /// Rows of the material's `patchSet` that were left out.
        package let leftOut: [Int32]
    }

    /// As `patchSet`, and guarded against an anomaly in the material.
    package func recurringPatches(
        _ background: Background, settings: Recurrence.Settings = .init()
    ) -> RecurringPatches {
        let (patches, share) = patchSet(background)
        let found = Recurrence(settings: settings, seed: UInt64(framesSeen))(
            patches, frames: times(of: patches))
        guard !found.leftOut.isEmpty else {
            return RecurringPatches(patches: patches, heldOutShare: share, leftOut: [])
        }
        let kept = patches.keeping(found.kept)
        let heldOut = kept.frames.count { $0 >= framesSeen }
        return RecurringPatches(
            patches: kept, heldOutShare: Double(heldOut) / Double(kept.count), leftOut: found.leftOut)
    }

    /// Objects to learn from, `[n, V]` in the order of time, guarded in the same way.
    package func recurringObjects() -> Tensor {
        let (rows, frames) = objects.inTimeOrder()
        guard rows.shape[0] > 0 else { return rows }
        let set = PatchSet(
            features: rows, frames: frames.map { Int32(truncatingIfNeeded: $0) },
            cells: [Int32](repeating: 0, count: frames.count), gridWidth: 1, gridHeight: 1)
        let found = Recurrence(seed: UInt64(framesSeen))(set, frames: set.frames)
        return found.leftOut.isEmpty ? rows : set.keeping(found.kept).features
    }

    /// When each of the set's patches was seen, as the number of its frame among all that were gathered; held-out frames
    /// have other numbers in the set.
    package func times(of patches: PatchSet) -> [Int32] {
        patches.frames.map { frame in
            guard frame >= framesSeen else { return frame }
            let entry = heldOut.entries[Int(frame) - framesSeen]
            let block = limits.blocksPerCycle * entry.block + 1
            return Int32(truncatingIfNeeded: limits.framesPerBlock * block + entry.index % limits.framesPerBlock)
        }
    }
}
