/// What a pickle describes, as plain data.
///
/// Containers are numbers of nodes in `PickleObjects`, not references: a container may hold itself, and nothing is ever
/// walked or freed recursively, however deep a hostile file nests.
enum PickleValue: Sendable {
    case none
    case bool(Bool)
    case int(Int)
    case float
    /// Place of its UTF-8 bytes in the pickle.
    case text(Range<Int32>)
    case tuple(Int)
    case list(Int)
    /// The node holds keys and values in turn.
    case dictionary(Int)
    case global(Int)
    case storage(Int)
    case tensor(Int)
    /// What a class or function outside the allowed set would have made; the number is the global's.
    case foreign(Int)
    /// Bytes, large integers and whatever else cannot hold a tensor.
    case other

    /// What it is, for messages.
    var kind: String {
        switch self {
        case .none: "nothing (None)"
        case .bool: "a truth value"
        case .int, .float: "a number"
        case .text: "text"
        case .tuple, .list: "a list"
        case .dictionary: "a dictionary"
        case .global: "a class or function"
        case .storage: "a bare storage"
        case .tensor: "a tensor"
        case .foreign: "an object of a class"
        case .other: "bytes or the like"
        }
    }
}

/// The objects that the values of one pickle refer to.
struct PickleObjects: Sendable {
    /// Items of tuples and lists; keys and values of dictionaries.
    var nodes: [[PickleValue]] = []
    var globals: [PickleGlobal] = []
    var storages: [PickleStorage] = []
    var tensors: [PickleTensor] = []
}

/// A class or function that a pickle names. Nothing is ever called: the known ones say what to note down.
enum PickleGlobal: Sendable {
    case orderedDictionary
    /// `torch._utils._rebuild_tensor_v2(storage, offset, size, stride, …)`, and the older form without what follows.
    case rebuildTensor
    /// `torch._utils._rebuild_parameter(tensor, …)`: the tensor itself.
    case rebuildParameter
    /// `torch.Size(tuple)`: the tuple.
    case size
    case storage(ElementType)
    /// Any other, by module and name.
    case foreign(String)

    init(module: String, name: String) {
        let type: ElementType? =
            switch name {
            case "DoubleStorage": .double
            case "FloatStorage": .single
            case "HalfStorage": .half
            case "BFloat16Storage": .brain
            case "LongStorage": .int64
            case "IntStorage": .int32
            case "ShortStorage": .int16
            case "CharStorage": .int8
            case "ByteStorage": .uint8
            case "BoolStorage": .bool
            default: nil
            }
        switch (module, name) {
        case ("collections", "OrderedDict"): self = .orderedDictionary
        case ("torch._utils", "_rebuild_tensor_v2"), ("torch._utils", "_rebuild_tensor"): self = .rebuildTensor
        case ("torch._utils", "_rebuild_parameter"), ("torch._utils", "_rebuild_parameter_with_state"):
            self = .rebuildParameter
        case ("torch", "Size"): self = .size
        case ("torch", _): self = type.map { .storage($0) } ?? .foreign("\(module).\(name)")
        default: self = .foreign("\(module).\(name)")
        }
    }

    /// Whether only an attack names this. Nothing would be called anyway; who sent such a file should be asked about it.
    static func isHostile(module: String, name: String) -> Bool {
        let package = String(module.prefix { $0 != "." })
        if ["builtins", "__builtin__", "__builtins__"].contains(package) { return !harmlessBuiltins.contains(name) }
        // copyreg.__newobj__ makes plain objects in old pickles.
        return hostilePackages.contains(package)
            || (name.contains("__") && package != "copyreg" && package != "copy_reg")
            || module == "torch.hub"
            || (module == "torch.storage" && name == "_load_from_bytes") || (package == "numpy" && name == "load")
    }

    private static let harmlessBuiltins: Set = [
        "set", "frozenset", "list", "dict", "tuple", "int", "float", "bool", "str", "unicode", "long", "bytes",
        "bytearray", "complex", "slice", "range", "xrange", "object",
    ]

    private static let hostilePackages: Set = [
        "os", "posix", "nt", "posixpath", "ntpath", "subprocess", "commands", "sys", "shutil", "socket", "pty", "runpy",
        "importlib", "imp", "ctypes", "code", "codeop", "pickle", "_pickle", "cPickle", "marshal", "shelve", "operator",
        "_operator", "webbrowser", "multiprocessing", "threading", "asyncio", "urllib", "http", "requests", "ftplib",
        "smtplib", "telnetlib", "platform", "timeit", "profile", "cProfile", "pdb", "bdb", "inspect", "gc", "io", "_io",
        "tempfile", "pip", "setuptools", "site", "signal", "resource", "fcntl", "mmap", "zipimport", "pkgutil",
    ]
}

/// A block of numbers beside the pickle.
struct PickleStorage: Sendable {
    let type: ElementType
    /// Place of the member's name in the pickle.
    let key: Range<Int32>
    let count: Int
}

/// A view of a storage, as the pickle claims it; checked before use.
struct PickleTensor: Sendable {
    let storage: Int
    let offset: Int
    let extents: [Int]
    let strides: [Int]
}
