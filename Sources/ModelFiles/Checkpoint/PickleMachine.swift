/// Reads the pickle of a checkpoint without executing anything.
///
/// The instructions of protocols 2 to 5 that describe data are followed; everything that a Python interpreter would call
/// is noted down as a tensor, or as a foreign object that is inert. Time and memory grow with the number of instructions
/// alone, which is limited.
struct PickleMachine {
    private var cursor: PickleCursor
    private let bytes: UnsafeRawBufferPointer
    let origin: String
    private(set) var objects = PickleObjects()
    private var stack: [PickleValue] = []
    /// Heights of the stack at which marks lie.
    private var marks: [Int] = []
    private var memo: [PickleValue?] = []
    /// Where the current instruction begins.
    private var place = 0

    /// Many times what a large transformer with its optimiser's state needs.
    static let mostInstructions = 400_000
    static let mostBytes = 64 << 20

    init(_ bytes: UnsafeRawBufferPointer, origin: String) throws(ModelFileError) {
        guard bytes.count <= Self.mostBytes else {
            throw ModelFileError(
                .tooLarge,
                "\(origin): data.pkl has \(bytes.count) bytes, at most \(Self.mostBytes) are read; save the weights alone "
                    + "(torch.save(model.state_dict(), …))")
        }
        self.bytes = bytes
        self.origin = origin
        cursor = PickleCursor(bytes, origin: origin)
    }

    /// Follows all instructions and returns the object they describe.
    /// - Throws: `ModelFileError` (`truncated`, `badHeader`, `forbidden`, `tooLarge`).
    mutating func run() throws(ModelFileError) -> PickleValue {
        for _ in 0..<Self.mostInstructions {
            place = cursor.position
            let code = try cursor.byte()
            guard let instruction = PickleInstruction(rawValue: code) else {
                throw ModelFileError(
                    .forbidden,
                    "\(origin): instruction 0x\(String(code, radix: 16)) at byte \(place) of data.pkl is not one that "
                        + "torch.save writes; the file is damaged or not a checkpoint")
            }
            if instruction == .stop {
                let value = try pop()
                guard stack.isEmpty, marks.isEmpty, cursor.isAtEnd else {
                    throw malformed("the object ends but the pickle does not")
                }
                return value
            }
            try follow(instruction)
        }
        throw ModelFileError(
            .tooLarge,
            "\(origin): data.pkl has more than \(Self.mostInstructions) instructions; save the weights alone "
                + "(torch.save(model.state_dict(), …))")
    }

    /// The text of a value; nil for other values and for bytes that are not UTF-8.
    func text(_ range: Range<Int32>) -> String? {
        String(validating: bytes[Int(range.lowerBound)..<Int(range.upperBound)], as: UTF8.self)
    }

    private mutating func follow(_ instruction: PickleInstruction) throws(ModelFileError) {
        switch instruction {
        case .proto: try checkProtocol()
        case .frame: _ = try cursor.number(UInt64.self)
        case .stop: break
        case .mark: marks.append(stack.count)
        case .pop: _ = try pop()
        case .popMark: _ = try popToMark()
        case .duplicate: stack.append(try top())
        case .binPut: try remember(Int(cursor.number(UInt8.self)))
        case .longBinPut: try remember(Int(cursor.number(UInt32.self)))
        case .memoize: try remember(memo.count)
        case .binGet: stack.append(try recall(Int(cursor.number(UInt8.self))))
        case .longBinGet: stack.append(try recall(Int(cursor.number(UInt32.self))))
        case .global: try pushGlobal(module: cursor.line(), name: cursor.line())
        case .stackGlobal: try pushStackGlobal()
        case .reduce: try reduce()
        case .newObject: try makeForeign(arguments: 1)
        case .newObjectEx: try makeForeign(arguments: 2)
        case .build: try setState()
        case .persistentID: try pushStorage()
        default:
            if try !pushScalar(instruction) { try followContainer(instruction) }
        }
    }

    /// False when the instruction is not about a scalar.
    private mutating func pushScalar(_ instruction: PickleInstruction) throws(ModelFileError) -> Bool {
        let value: PickleValue
        switch instruction {
        case .none: value = .none
        case .newTrue: value = .bool(true)
        case .newFalse: value = .bool(false)
        case .binInt: value = .int(Int(try cursor.number(Int32.self)))
        case .binInt1: value = .int(Int(try cursor.number(UInt8.self)))
        case .binInt2: value = .int(Int(try cursor.number(UInt16.self)))
        case .long1:
            let count = Int(try cursor.byte())
            value = try cursor.integer(bytes: count).map { .int($0) } ?? .other
        case .binFloat:
            try cursor.skip(8)
            value = .float
        case .shortBinUnicode: value = .text(try cursor.slice(UInt64(cursor.byte())))
        case .binUnicode: value = .text(try cursor.slice(UInt64(cursor.number(UInt32.self))))
        case .binUnicode8: value = .text(try cursor.slice(cursor.number(UInt64.self)))
        case .shortBinString, .shortBinBytes:
            try cursor.skip(UInt64(cursor.byte()))
            value = .other
        case .binString, .binBytes:
            try cursor.skip(UInt64(cursor.number(UInt32.self)))
            value = .other
        case .binBytes8, .byteArray8:
            try cursor.skip(cursor.number(UInt64.self))
            value = .other
        default: return false
        }
        stack.append(value)
        return true
    }

    private mutating func followContainer(_ instruction: PickleInstruction) throws(ModelFileError) {
        switch instruction {
        case .emptyTuple: stack.append(.tuple(node([])))
        case .emptyList, .emptySet: stack.append(.list(node([])))
        case .emptyDictionary: stack.append(.dictionary(node([])))
        case .tuple1: try pushTuple(1)
        case .tuple2: try pushTuple(2)
        case .tuple3: try pushTuple(3)
        case .tuple, .frozenSet: stack.append(.tuple(node(try popToMark())))
        case .list: stack.append(.list(node(try popToMark())))
        case .dictionary: stack.append(.dictionary(node(try pairs(popToMark()))))
        case .append: try extend([pop()], pairwise: false)
        case .appends, .addItems: try extend(popToMark(), pairwise: false)
        case .setItem:
            let value = try pop()
            try extend([pop(), value], pairwise: true)
        case .setItems: try extend(popToMark(), pairwise: true)
        default: throw malformed("instruction out of place")
        }
    }

    // MARK: Stack and memo

    private func top() throws(ModelFileError) -> PickleValue {
        guard let value = stack.last, stack.count > marks.last ?? 0 else { throw malformed("nothing is on the stack") }
        return value
    }

    private mutating func pop() throws(ModelFileError) -> PickleValue {
        let value = try top()
        stack.removeLast()
        return value
    }

    private mutating func popToMark() throws(ModelFileError) -> [PickleValue] {
        guard let mark = marks.popLast() else { throw malformed("no mark is on the stack") }
        defer { stack.removeSubrange(mark...) }
        return Array(stack[mark...])
    }

    private mutating func remember(_ index: Int) throws(ModelFileError) {
        guard index < Self.mostInstructions else { throw malformed("memo number \(index)") }
        let value = try top()
        while memo.count <= index { memo.append(nil) }
        memo[index] = value
    }

    private func recall(_ index: Int) throws(ModelFileError) -> PickleValue {
        guard index < memo.count, let value = memo[index] else { throw malformed("memo \(index) is empty") }
        return value
    }

    private mutating func node(_ items: [PickleValue]) -> Int {
        objects.nodes.append(items)
        return objects.nodes.count - 1
    }

    // MARK: Containers

    private mutating func pushTuple(_ count: Int) throws(ModelFileError) {
        var items: [PickleValue] = []
        for _ in 0..<count { items.append(try pop()) }
        stack.append(.tuple(node(items.reversed())))
    }

    private func pairs(_ items: [PickleValue]) throws(ModelFileError) -> [PickleValue] {
        guard items.count % 2 == 0 else { throw malformed("a key without a value") }
        return items
    }

    /// Adds to the container on top of the stack; what is added to a foreign object is forgotten.
    private mutating func extend(_ items: [PickleValue], pairwise: Bool) throws(ModelFileError) {
        switch (try top(), pairwise) {
        case (.list(let index), false): objects.nodes[index].append(contentsOf: items)
        case (.dictionary(let index), true): objects.nodes[index].append(contentsOf: try pairs(items))
        case (.foreign, _): break
        default: throw malformed("items for something that takes none")
        }
    }

    // MARK: What an interpreter would call

    private mutating func checkProtocol() throws(ModelFileError) {
        let version = try cursor.byte()
        guard (2...5).contains(version), place == 0 else { throw malformed("pickle protocol \(version)") }
    }

    private mutating func pushGlobal(module: String, name: String) throws(ModelFileError) {
        guard !PickleGlobal.isHostile(module: module, name: name) else {
            throw ModelFileError(
                .forbidden,
                "\(origin): data.pkl asks for \(module).\(name) at byte \(place), which no model needs and a program hidden "
                    + "in a file does; nothing was run. Do not load this file anywhere, get the model from its authors")
        }
        objects.globals.append(PickleGlobal(module: module, name: name))
        stack.append(.global(objects.globals.count - 1))
    }

    private mutating func pushStackGlobal() throws(ModelFileError) {
        guard case .text(let name) = try pop(), case .text(let module) = try pop(), name.count <= 256,
            module.count <= 256, let name = text(name), let module = text(module)
        else { throw malformed("a class without a name") }
        try pushGlobal(module: module, name: name)
    }

    /// A call: known functions are noted down as what they would return, all others as foreign objects.
    private mutating func reduce() throws(ModelFileError) {
        guard case .tuple(let arguments) = try pop() else { throw malformed("a call without arguments") }
        switch try pop() {
        case .global(let index): stack.append(try result(of: index, objects.nodes[arguments]))
        case .foreign(let index): stack.append(.foreign(index))
        default: throw malformed("a call of something that is no function")
        }
    }

    private mutating func result(of index: Int, _ arguments: [PickleValue]) throws(ModelFileError) -> PickleValue {
        switch objects.globals[index] {
        case .orderedDictionary:
            guard arguments.isEmpty else { return .foreign(index) }
            return .dictionary(node([]))
        case .rebuildTensor: return try tensor(arguments)
        case .rebuildParameter, .size:
            guard let first = arguments.first else { throw malformed("a call without arguments") }
            return first
        case .storage, .foreign: return .foreign(index)
        }
    }

    /// An object of a class, made with `arguments` values below the class's own: always foreign.
    private mutating func makeForeign(arguments: Int) throws(ModelFileError) {
        for _ in 0..<arguments { _ = try pop() }
        switch try pop() {
        case .global(let index), .foreign(let index): stack.append(.foreign(index))
        default: throw malformed("an object of something that is no class")
        }
    }

    /// An object's attributes: none of them matters, not even those of a state_dict (`_metadata`).
    private mutating func setState() throws(ModelFileError) {
        _ = try pop()
        switch try top() {
        case .dictionary, .foreign, .tensor: break
        default: throw malformed("attributes for something that has none")
        }
    }

    /// `('storage', class, name of the member, place, count)`.
    private mutating func pushStorage() throws(ModelFileError) {
        guard case .tuple(let node) = try pop(), case let parts = objects.nodes[node], parts.count >= 5,
            case .text(let word) = parts[0], text(word) == "storage", case .global(let index) = parts[1],
            case .text(let key) = parts[2], case .int(let count) = parts[4], count >= 0
        else { throw malformed("a reference to something that is no storage") }
        switch objects.globals[index] {
        case .storage(let type):
            objects.storages.append(PickleStorage(type: type, key: key, count: count))
            stack.append(.storage(objects.storages.count - 1))
        default: stack.append(.foreign(index))
        }
    }

    private mutating func tensor(_ arguments: [PickleValue]) throws(ModelFileError) -> PickleValue {
        guard arguments.count >= 4, case .int(let offset) = arguments[1], case .tuple(let sizes) = arguments[2],
            case .tuple(let steps) = arguments[3], let extents = integers(sizes), let strides = integers(steps),
            extents.count == strides.count
        else { throw malformed("a tensor without storage, offset, shape or strides") }
        switch arguments[0] {
        case .storage(let storage):
            objects.tensors.append(
                PickleTensor(storage: storage, offset: offset, extents: extents, strides: strides))
            return .tensor(objects.tensors.count - 1)
        case .foreign(let index): return .foreign(index)
        default: throw malformed("a tensor without a storage")
        }
    }

    /// The items of a short tuple of integers.
    private func integers(_ node: Int) -> [Int]? {
        let items = objects.nodes[node]
        guard items.count <= Self.mostDimensions else { return nil }
        var values: [Int] = []
        for case .int(let value) in items { values.append(value) }
        return values.count == items.count ? values : nil
    }

    private static let mostDimensions = 8

    private func malformed(_ what: String) -> ModelFileError {
        ModelFileError(
            .badHeader,
            "\(origin): data.pkl is malformed at byte \(place): \(what); the file is damaged, fetch it again")
    }
}
