internal import FoundationEssentials
internal import ModelFiles
internal import Tensors

/// The one file in which an interrupted learning run keeps its state.
struct PixelLearningCheckpoint {
    let path: String

    /// The file when it belongs to this very run; a missing, damaged or foreign one means starting afresh.
    func load(fingerprint: Int64) -> SafetensorsFile? {
        guard let file = try? SafetensorsFile(path: path), (try? file.integers("run.fingerprint")) == [fingerprint] else {
            return nil
        }
        return file
    }

    func save(
        fingerprint: Int64, classes: PseudoClasses, _ add: (inout SafetensorsWriter) -> Void
    ) throws(ModelFileError) {
        var writer = SafetensorsWriter()
        writer.add("run.fingerprint", integers: [fingerprint])
        writer.add("classes.centres", classes.centres)
        writer.add("classes.median", Tensor([classes.whitening.dimension], classes.whitening.median))
        writer.add("classes.deviation", Tensor([classes.whitening.dimension], classes.whitening.deviation))
        add(&writer)
        try writer.write(to: path)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    static func classes(_ file: SafetensorsFile, dimension: Int) -> PseudoClasses? {
        guard let centres = try? file.tensor("classes.centres"), centres.shape.rank == 2, centres.shape[1] == dimension,
            let median = try? file.tensor("classes.median", shape: [dimension]),
            let deviation = try? file.tensor("classes.deviation", shape: [dimension])
        else { return nil }
        return PseudoClasses(centres: centres, whitening: Whitening(median: median.array, deviation: deviation.array))
    }

    /// Tells runs on other patches, with other settings or another seed apart (FNV-1a over all of them).
    static func fingerprint(_ patches: PatchSet, settings: PixelLearningSettings, seed: UInt64) -> Int64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func mix(_ value: UInt64) { hash = (hash ^ value) &* 0x100_0000_01B3 }
        for byte in String(describing: settings).utf8 { mix(UInt64(byte)) }
        mix(seed)
        mix(UInt64(patches.count))
        mix(UInt64(patches.dimension))
        let step = max(1, patches.features.count / 4096)
        for index in stride(from: 0, to: patches.features.count, by: step) {
            mix(UInt64(patches.features.pointer[index].bitPattern))
        }
        for index in stride(from: 0, to: patches.count, by: max(1, patches.count / 1024)) {
            mix(UInt64(UInt32(bitPattern: patches.frames[index])))
        }
        return Int64(bitPattern: hash)
    }
}
