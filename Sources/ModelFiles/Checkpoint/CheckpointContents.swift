internal import Tensors

/// A tensor of a checkpoint: a view of one of its storages that lies inside it.
struct CheckpointEntry: Sendable {
    let type: ElementType
    let extents: [Int]
    /// In elements.
    let strides: [Int]
    /// First element within the storage.
    let offset: Int
    let storage: ZipDirectory.Member
}

/// The weights that a checkpoint's pickle describes, each checked against the archive: its storage is there with exactly
/// the length it claims, and every number of the view lies inside it.
struct CheckpointContents {
    private(set) var entries: [String: CheckpointEntry] = [:]
    /// Names in the dictionary that hold something else than a readable tensor, and what.
    private(set) var unreadable: [String: String] = [:]
    /// Valid only while the file is mapped.
    private let machine: PickleMachine
    private let members: [String: ZipDirectory.Member]
    private let origin: String

    /// - Parameters:
    ///   - machine: after its run.
    ///   - root: what the pickle describes.
    ///   - members: the storages, by their names behind `data/`.
    init(
        _ machine: PickleMachine, root: PickleValue, members: [String: ZipDirectory.Member], fileSize: Int
    ) throws(ModelFileError) {
        self.machine = machine
        self.members = members
        origin = machine.origin
        let items = machine.objects.nodes[try weights(of: root)]
        var named: [String: PickleValue] = [:]
        for index in stride(from: 0, to: items.count, by: 2) {
            guard case .text(let range) = items[index], range.count <= 512, let name = machine.text(range) else {
                throw refusal(.badHeader, "a key of the weights is no name of at most 512 bytes")
            }
            guard named.updateValue(items[index + 1], forKey: name) == nil else {
                throw refusal(.badHeader, "tensor \(name) is there twice")
            }
        }
        let prefix = Self.wrapping(named.keys)
        var bytes = 0
        for (name, value) in named.sorted(by: { $0.key < $1.key }) {
            let short = String(name.dropFirst(prefix.count))
            switch value {
            case .tensor(let index):
                let entry = try entry(short, machine.objects.tensors[index])
                bytes += entry.extents.reduce(entry.type.byteCount, *)
                entries[short] = entry
            case .foreign(let index): unreadable[short] = "an object of \(globalName(index))"
            default: unreadable[short] = value.kind
            }
        }
        guard bytes <= 4 * fileSize else {
            throw refusal(
                .tooLarge, "its tensors would fill \(bytes) bytes, the file has \(fileSize); damaged or hostile")
        }
        guard !entries.isEmpty else { throw refusal(.notAModel, "its weights are an empty dictionary") }
    }

    /// The node of the dictionary from names to tensors: the object itself, or its part of a training checkpoint.
    private func weights(of root: PickleValue) throws(ModelFileError) -> Int {
        guard case .dictionary(let node) = root else {
            let found =
                if case .foreign(let index) = root { "an object of \(globalName(index))" } else { root.kind }
            throw refusal(
                .notAModel,
                "holds \(found) instead of weights by name; save them with torch.save(model.state_dict(), …)")
        }
        let items = machine.objects.nodes[node]
        for container in ["state_dict", "model", "model_state_dict"] {
            for index in stride(from: 0, to: items.count, by: 2) {
                guard case .text(let range) = items[index], machine.text(range) == container else { continue }
                switch items[index + 1] {
                case .dictionary(let inner): return inner
                case .foreign(let other):
                    throw refusal(
                        .notAModel,
                        "\(container) is an object of \(globalName(other)); save it with torch.save(model.state_dict(), …)"
                    )
                default: continue
                }
            }
        }
        return node
    }

    /// What wrappers of PyTorch (data parallelism, compilation) put before every name.
    private static func wrapping(_ names: some Collection<String>) -> String {
        var prefix = ""
        while let next = ["module.", "_orig_mod."].first(where: { wrapper in
            !names.isEmpty
                && names.allSatisfy { $0.hasPrefix(prefix + wrapper) && $0.count > prefix.count + wrapper.count }
        }) {
            prefix += next
        }
        return prefix
    }

    private func entry(_ name: String, _ tensor: PickleTensor) throws(ModelFileError) -> CheckpointEntry {
        let storage = machine.objects.storages[tensor.storage]
        let key = machine.text(storage.key) ?? "?"
        guard let member = members[key] else {
            throw refusal(
                .badHeader, "tensor \(name) needs the storage data/\(key.prefix(40)), which is not in the archive")
        }
        let size = storage.type.byteCount
        guard storage.count <= member.range.count / size, storage.count * size == member.range.count else {
            throw refusal(
                .badHeader,
                "tensor \(name) needs \(storage.count) numbers of \(size) bytes in data/\(key.prefix(40)), which has "
                    + "\(member.range.count) bytes; the file is damaged, fetch it again")
        }
        guard Self.fits(tensor, into: storage.count) else {
            throw refusal(
                .badHeader,
                "tensor \(name) of shape \(tensor.extents) and strides \(tensor.strides) from \(tensor.offset) on does not "
                    + "fit its storage of \(storage.count) numbers")
        }
        return CheckpointEntry(
            type: storage.type, extents: tensor.extents, strides: tensor.strides, offset: tensor.offset, storage: member
        )
    }

    /// Whether the view has no negative part, no more numbers than its storage, and none outside of it.
    private static func fits(_ tensor: PickleTensor, into count: Int) -> Bool {
        guard tensor.offset >= 0, tensor.extents.allSatisfy({ $0 >= 0 }), tensor.strides.allSatisfy({ $0 >= 0 }) else {
            return false
        }
        var numbers = 1
        var last = tensor.offset
        for (extent, stride) in zip(tensor.extents, tensor.strides) {
            let (product, overflow) = numbers.multipliedReportingOverflow(by: extent)
            let (reach, tooFar) = max(extent - 1, 0).multipliedReportingOverflow(by: stride)
            let (end, beyond) = last.addingReportingOverflow(reach)
            guard !overflow, !tooFar, !beyond else { return false }
            (numbers, last) = (product, end)
        }
        return numbers <= count && (numbers == 0 ? tensor.offset <= count : last < count)
    }

    private func globalName(_ index: Int) -> String {
        if case .foreign(let name) = machine.objects.globals[index] { return name }
        return "a class of PyTorch"
    }

    private func refusal(_ code: ModelFileError.Code, _ what: String) -> ModelFileError {
        ModelFileError(code, "\(origin): \(what)")
    }
}
