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
        /// Times left out altogether, as numbers of frames among all that were gathered: objects seen in them should not
        /// be learned from either.
        package let unusualTimes: [ClosedRange<Int32>]
        /// Places of the held-out frames outside those times, fit to set thresholds by.
        package let usualHeldOut: [Int]
    }

    /// As `patchSet`, and guarded against an anomaly in the material.
    package func recurringPatches(
        _ background: Background, settings: Recurrence.Settings = .init()
    ) -> RecurringPatches {
        let (patches, share) = patchSet(background)
        let found = Recurrence(settings: settings, seed: UInt64(framesSeen))(
            patches, frames: times(of: patches))
        let usual = heldOut.entries.indices.filter { place in
            !found.unusualTimes.contains { $0.contains(frame(heldOut: place)) }
        }
        let kept = found.leftOut.isEmpty ? patches : patches.keeping(found.kept)
        let heldOutRows = kept.frames.count { $0 >= framesSeen }
        return RecurringPatches(
            patches: kept, heldOutShare: found.leftOut.isEmpty ? share : Double(heldOutRows) / Double(kept.count),
            leftOut: found.leftOut, unusualTimes: found.unusualTimes, usualHeldOut: usual)
    }

    /// Objects to learn from, `[n, V]` in the order of time, without those seen at unusual times.
    package func objects(without unusualTimes: [ClosedRange<Int32>]) -> Tensor {
        let (rows, frames) = objects.inTimeOrder()
        let kept = frames.indices.filter { row in
            !unusualTimes.contains { $0.contains(Int32(truncatingIfNeeded: frames[row])) }
        }
        guard kept.count < frames.count else { return rows }
        let usual = Tensor([kept.count, rows.shape[1]])
        for (place, row) in kept.enumerated() { usual.row(place).update(from: rows.row(row), count: rows.shape[1]) }
        return usual
    }

    /// When each of the set's patches was seen, as the number of its frame among all that were gathered; held-out frames
    /// have other numbers in the set.
    package func times(of patches: PatchSet) -> [Int32] {
        patches.frames.map { $0 >= framesSeen ? frame(heldOut: Int($0) - framesSeen) : $0 }
    }

    /// Number of a held-out frame among all that were gathered.
    private func frame(heldOut place: Int) -> Int32 {
        let entry = heldOut.entries[place]
        let block = limits.blocksPerCycle * entry.block + 1
        return Int32(truncatingIfNeeded: limits.framesPerBlock * block + entry.index % limits.framesPerBlock)
    }
}
