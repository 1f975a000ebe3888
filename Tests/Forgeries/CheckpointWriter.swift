public import FoundationEssentials

/// Writes what `torch.save` would write of a model's weights.
public struct CheckpointWriter {
    /// What the weights lie in.
    public enum Container: Sendable {
        /// The state dictionary itself.
        case bare
        /// `{'meta', 'state_dict', 'optimizer'}`, with the kinds of objects that real files have in the outer two.
        case training
    }

    /// A storage and its class in PyTorch.
    public struct Storage {
        public var kind: String
        public var elementSize: Int
        public var contents: ZipWriter.Contents

        public init(kind: String, elementSize: Int, contents: ZipWriter.Contents) {
            self.kind = kind
            self.elementSize = elementSize
            self.contents = contents
        }

        var count: Int { contents.count / elementSize }
    }

    private struct Entry {
        let name: String
        let storage: Int
        let offset: Int
        let extents: [Int]
        let strides: [Int]
    }

    public var container = Container.bare
    public var byteOrder: String? = "little"
    public var version: String? = "3\n"
    /// What is put before every name.
    public var prefix = ""
    private var storages: [Storage] = []
    private var entries: [Entry] = []

    public init() {}

    /// Adds a storage; its number is for `add`.
    public mutating func store(_ storage: Storage) -> Int {
        storages.append(storage)
        return storages.count - 1
    }

    /// Adds a view of a storage.
    public mutating func add(
        _ name: String, storage: Int, offset: Int = 0, extents: [Int], strides: [Int]? = nil
    ) {
        entries.append(
            Entry(
                name: name, storage: storage, offset: offset, extents: extents,
                strides: strides ?? Self.strides(extents)))
    }

    /// Adds a tensor with a storage of its own.
    public mutating func add(_ name: String, _ values: [Float], extents: [Int]) {
        let data = values.withUnsafeBytes { Data($0) }
        add(
            name, storage: store(Storage(kind: "FloatStorage", elementSize: 4, contents: .bytes(data))),
            extents: extents)
    }

    /// Adds a tensor of zeros, a hole in a written file.
    public mutating func add(_ name: String, zeros extents: [Int]) {
        let bytes = 4 * extents.reduce(1, *)
        add(
            name, storage: store(Storage(kind: "FloatStorage", elementSize: 4, contents: .zeros(bytes))),
            extents: extents)
    }

    public static func strides(_ extents: [Int]) -> [Int] {
        var strides: [Int] = []
        var step = 1
        for extent in extents.reversed() {
            strides.append(step)
            step *= max(extent, 1)
        }
        return strides.reversed()
    }

    public func pickle() -> Data {
        var writer = PickleWriter()
        if case .training = container {
            writer.emptyDictionary()
            writer.mark()
            writer.text("meta")
            meta(&writer)
            writer.text("state_dict")
        }
        weights(&writer)
        if case .training = container {
            writer.text("optimizer")
            optimizer(&writer)
            writer.setItems()
        }
        writer.stop()
        return writer.bytes
    }

    private func weights(_ writer: inout PickleWriter) {
        writer.global("collections", "OrderedDict")
        writer.emptyTuple()
        writer.reduce()
        writer.put(0)
        writer.mark()
        for entry in entries {
            let storage = storages[entry.storage]
            writer.text(prefix + entry.name)
            writer.tensor(
                storage: storage.kind, key: "\(entry.storage)", count: storage.count, offset: entry.offset,
                extents: entry.extents, strides: entry.strides)
        }
        writer.setItems()
        // The attribute that every state dictionary has.
        writer.emptyDictionary()
        writer.text("_metadata")
        writer.emptyDictionary()
        writer.setItem()
        writer.build()
    }

    private func meta(_ writer: inout PickleWriter) {
        writer.emptyDictionary()
        writer.mark()
        writer.text("epoch")
        writer.integer(8)
        writer.text("time")
        writer.float(1.5e9)
        writer.text("CLASSES")
        writer.mark()
        writer.text("object")
        writer.tuple()
        writer.text("scalar")
        writer.global("numpy.core.multiarray", "scalar")
        writer.mark()
        writer.global("numpy", "dtype")
        writer.mark()
        writer.text("f8")
        writer.boolean(false)
        writer.boolean(true)
        writer.tuple()
        writer.reduce()
        writer.put(70_000)
        writer.none()
        writer.build()
        writer.raw(0x55, 2, 0x41, 0x42)
        writer.tuple()
        writer.reduce()
        writer.text("config")
        writer.global("mmcv.utils.config", "ConfigDict")
        writer.emptyTuple()
        writer.raw(0x81)
        writer.text("type")
        writer.text("SGD")
        writer.setItem()
        writer.setItems()
    }

    private func optimizer(_ writer: inout PickleWriter) {
        writer.emptyDictionary()
        writer.mark()
        writer.text("state")
        writer.emptyDictionary()
        writer.integer(0)
        writer.global("torch._utils", "_rebuild_device_tensor_from_numpy")
        writer.mark()
        writer.none()
        writer.tuple()
        writer.reduce()
        writer.setItem()
        writer.text("param_groups")
        writer.emptyList()
        writer.integer(1)
        writer.append()
        writer.setItems()
    }

    public func archive(pickle: Data? = nil) -> ZipWriter {
        var zip = ZipWriter()
        zip.add("model/data.pkl", .bytes(pickle ?? self.pickle()))
        if let byteOrder { zip.add("model/byteorder", .bytes(Data(byteOrder.utf8))) }
        for (index, storage) in storages.enumerated() { zip.add("model/data/\(index)", storage.contents) }
        if let version { zip.add("model/version", .bytes(Data(version.utf8))) }
        return zip
    }

    public func serialized() -> Data { archive().serialized() }
}
