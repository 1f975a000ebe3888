internal import FoundationEssentials

extension HostileFile {
    /// A tensor that claims what is not so.
    static var hostileTensors: [HostileFile] {
        let claims: [(String, count: Int, offset: Int, extents: [Int], strides: [Int])] = [
            ("a negative stride", 16, 15, [16], [-1]), ("a negative offset", 16, -1, [2], [1]),
            ("a negative extent", 16, 0, [-4], [1]), ("two negative extents", 16, 0, [-4, -4], [4, 1]),
            ("an offset at the end", 16, 16, [1], [1]), ("an offset far outside", 16, 1 << 62, [1], [1]),
            ("a view beyond the end", 16, 8, [9], [1]), ("a stride beyond the end", 16, 0, [2, 2], [15, 2]),
            ("a product that overflows", 16, 0, [1 << 32, 1 << 32], [1, 1]),
            ("a reach that overflows", 16, 0, [2, 2], [Int.max, Int.max]),
            ("a million numbers out of one", 16, 0, [1000, 1000], [0, 0]),
            ("2^62 numbers out of one", 16, 0, [1 << 62], [0]),
            ("nine dimensions", 16, 0, [Int](repeating: 1, count: 9), [Int](repeating: 1, count: 9)),
            ("five dimensions", 16, 0, [1, 1, 1, 1, 16], [16, 16, 16, 16, 1]),
            ("fewer strides than extents", 16, 0, [4, 4], [1]), ("a storage of another length", 17, 0, [4], [1]),
            ("a storage of negative length", -16, 0, [4], [1]), ("a storage of 2^62 numbers", 1 << 62, 0, [4], [1]),
            ("nothing far outside", 16, 99, [0], [1]),
        ]
        var files = claims.map { claim in
            HostileFile("a tensor with \(claim.0)") {
                single { writer in
                    writer.tensor(
                        key: "0", count: claim.count, offset: claim.offset, extents: claim.extents,
                        strides: claim.strides)
                }
            }
        }
        files += [
            HostileFile("a tensor without a storage") {
                single { $0.tensor(key: "7", count: 16, extents: [16], strides: [1]) }
            },
            HostileFile("a storage named like a path") {
                single { $0.tensor(key: "../../../etc/passwd", count: 16, extents: [16], strides: [1]) }
            },
            HostileFile("a storage read as wider numbers") {
                single { $0.tensor(storage: "DoubleStorage", key: "0", count: 16, extents: [16], strides: [1]) }
            },
            HostileFile("a storage of an unknown class") {
                single { $0.tensor(storage: "SecretStorage", key: "0", count: 16, extents: [16], strides: [1]) }
            },
            HostileFile("2000 views of all of one storage") { views(2000) },
            HostileFile("a tensor twice") { twice },
            notFinite(.nan), notFinite(.infinity), notFinite(-.infinity), notFinite(.signalingNaN),
        ]
        return files
    }

    private static func single(_ write: (inout PickleWriter) -> Void) -> Data {
        var pickle = PickleWriter()
        pickle.emptyDictionary()
        pickle.text("w")
        write(&pickle)
        pickle.setItem()
        pickle.stop()
        return archive(pickle.bytes)
    }

    private static func archive(_ pickle: Data) -> Data {
        var writer = CheckpointWriter()
        writer.add("w", [Float](repeating: 1, count: 16), extents: [16])
        return writer.archive(pickle: pickle).serialized()
    }

    private static func views(_ count: Int) -> Data {
        var writer = CheckpointWriter()
        let storage = writer.store(
            .init(kind: "FloatStorage", elementSize: 4, contents: .bytes(Data(count: 1 << 20))))
        for number in 0..<count { writer.add("view.\(number)", storage: storage, extents: [1 << 18]) }
        return writer.serialized()
    }

    private static var twice: Data {
        var writer = CheckpointWriter()
        writer.add("w", [1], extents: [1])
        writer.add("w", [2], extents: [1])
        return writer.serialized()
    }

    private static func notFinite(_ value: Float) -> HostileFile {
        HostileFile("a weight of \(value), sign \(value.sign)") {
            var writer = CheckpointWriter()
            writer.add("w", [0, 1, value], extents: [3])
            return writer.serialized()
        }
    }
}
