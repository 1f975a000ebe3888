internal import Basics
public import Tensors

/// A PyTorch checkpoint as `torch.save` writes it since version 1.6: an uncompressed zip archive with a pickle
/// (`data.pkl`) that describes tensors, and their numbers beside it.
///
/// Nothing in the file is executed; see `PickleMachine`. Read are bare state dictionaries and the containers of training
/// programs (`state_dict`, `model`, `model_state_dict`); the prefixes `module.` and `_orig_mod.` of all names are dropped.
/// Objects of classes outside the allowed set make no file unreadable, they only cannot be tensors. Memory stays within
/// the size of the tensor that is read plus 64 MiB, whatever the file holds: the file is mapped, the pickle is limited in
/// bytes and instructions, and a tensor never has more numbers than its storage.
public final class CheckpointFile: TensorSource {
    public let origin: String
    private let file: MappedFile
    private let entries: [String: CheckpointEntry]
    /// What names hold that cannot be read as a tensor.
    private let unreadable: [String: String]
    /// Storages (by where they begin) whose checksum was compared.
    private let intact = Locked<Set<Int>>([])

    /// - Throws: `ModelFileError` (`unreadable`, `notAModel`, `truncated`, `badHeader`, `forbidden`, `tooLarge`,
    ///   `checksumMismatch`): what is wrong, where, and what to do.
    public init(path: String) throws(ModelFileError) {
        origin = path
        file = try MappedFile(path: path, kind: "a PyTorch checkpoint", minimum: 22)
        guard ZipDirectory.begins(file.bytes) else {
            throw ModelFileError(.notAModel, "\(path): \(Self.otherFormat(file.bytes))")
        }
        let archive = try CheckpointArchive(file, origin: path)
        var machine = try PickleMachine(file.slice(archive.pickle.range), origin: path)
        let root = try machine.run()
        let contents = try CheckpointContents(
            machine, root: root, members: archive.storages, fileSize: file.bytes.count)
        entries = contents.entries
        unreadable = contents.unreadable
        file.release(archive.pickle.range)
    }

    /// Whether a file begins like a checkpoint: of this format, or of the one before.
    static func isLikely(_ file: UnsafeRawBufferPointer) -> Bool {
        ZipDirectory.begins(file) || file.starts(with: legacyStart)
    }

    public var names: [String] { (Array(entries.keys) + unreadable.keys).sorted() }

    public func extents(of name: String) -> [Int]? { entries[name]?.extents }

    public func tensor(_ name: String) throws(ModelFileError) -> Tensor {
        let entry = try entry(name)
        guard entry.extents.count <= 4 else {
            throw ModelFileError(
                .wrongShape, "\(origin): tensor \(name) has \(entry.extents.count) dimensions, at most 4")
        }
        let tensor = try withBytes(of: entry, name) { entry.type.tensor($0, shape: Shape(entry.extents)) }
        guard let tensor else { throw wrongType(name, entry, expected: "a floating-point type") }
        return tensor
    }

    public func integers(_ name: String) throws(ModelFileError) -> [Int64] {
        let entry = try entry(name)
        guard let values = try withBytes(of: entry, name, { entry.type.integers($0) }) else {
            throw wrongType(name, entry, expected: "an integer type")
        }
        return values
    }

    /// Passes a tensor's numbers in row-major order to `body`, after a view that is not contiguous has been gathered.
    private func withBytes<Result>(
        of entry: CheckpointEntry, _ name: String, _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(ModelFileError) -> Result {
        let storage = file.slice(entry.storage.range)
        defer { file.release(entry.storage.range) }
        try checkIntact(entry.storage, storage, name)
        let size = entry.type.byteCount
        let count = entry.extents.reduce(1, *)
        if StridedView.isContiguous(entry.extents, entry.strides) {
            return body(UnsafeRawBufferPointer(rebasing: storage[entry.offset * size..<(entry.offset + count) * size]))
        }
        let gathered = UnsafeMutableRawBufferPointer.allocate(byteCount: count * size, alignment: 64)
        defer { gathered.deallocate() }
        StridedView(extents: entry.extents, strides: entry.strides, offset: entry.offset, elementSize: size)
            .gather(storage, into: gathered)
        return body(UnsafeRawBufferPointer(gathered))
    }

    private func checkIntact(
        _ member: ZipDirectory.Member, _ bytes: UnsafeRawBufferPointer, _ name: String
    ) throws(ModelFileError) {
        guard !intact.withLock({ $0.contains(member.range.lowerBound) }) else { return }
        guard member.isIntact(bytes) else {
            throw ModelFileError(
                .checksumMismatch,
                "\(origin): tensor \(name): the checksum of \(member.name) differs; the file is damaged, fetch it again"
            )
        }
        intact.withLock { _ = $0.insert(member.range.lowerBound) }
    }

    private func entry(_ name: String) throws(ModelFileError) -> CheckpointEntry {
        if let entry = entries[name] { return entry }
        if let kind = unreadable[name] {
            throw ModelFileError(
                .wrongType, "\(origin): tensor \(name) cannot be read: it is \(kind); save it as a plain tensor")
        }
        throw ModelFileError(
            .missingTensor, "\(origin): tensor \(name) is missing; the file does not hold this model")
    }

    private func wrongType(_ name: String, _ entry: CheckpointEntry, expected: String) -> ModelFileError {
        ModelFileError(
            .wrongType, "\(origin): tensor \(name) has type \(entry.type.rawValue), expected \(expected)")
    }

    private static func otherFormat(_ file: UnsafeRawBufferPointer) -> String {
        guard file.starts(with: legacyStart) else {
            return "not a PyTorch checkpoint (no zip archive); give a .pth file of torch.save, or a .safetensors file"
        }
        return """
            a checkpoint of the format before PyTorch 1.6, which this reader does not take; save it again with: \
            python3 -c 'import torch; torch.save(torch.load("OLD.pth", map_location="cpu"), "NEW.pth")'
            """
    }

    /// The pickled magic number of the old format.
    private static let legacyStart: [UInt8] = [
        0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
    ]
}
