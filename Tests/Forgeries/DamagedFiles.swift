internal import Basics
internal import FoundationEssentials

extension HostileFile {
    /// A small model, whole.
    static func model() -> CheckpointWriter {
        var generator = SeededGenerator(seed: 11)
        var writer = CheckpointWriter()
        writer.container = .training
        for block in 0..<6 {
            writer.add(
                "blocks.\(block).weight", (0..<96).map { _ in Float(generator.uniform(in: -1..<1)) }, extents: [8, 12])
            writer.add("blocks.\(block).bias", (0..<8).map { Float($0) }, extents: [8])
        }
        let halves = writer.store(.init(kind: "HalfStorage", elementSize: 2, contents: .bytes(Data(count: 64))))
        writer.add("half", storage: halves, extents: [4, 8])
        writer.add("half.transposed", storage: halves, extents: [8, 4], strides: [1, 8])
        let steps = writer.store(.init(kind: "LongStorage", elementSize: 8, contents: .bytes(Data(count: 8))))
        writer.add("steps", storage: steps, extents: [])
        return writer
    }

    /// Flipped bits, overwritten bytes and cuts, each in a part of its own.
    static func damagedCheckpoints(seed: UInt64) -> [HostileFile] {
        let whole = model().serialized()
        let pickle = model().pickle()
        let pickleRange = whole.firstRange(of: pickle) ?? 0..<whole.count
        let directory = whole.firstRange(of: Data([0x50, 0x4B, 1, 2]))?.lowerBound ?? 0
        var generator = SeededGenerator(seed: seed)
        var files: [HostileFile] = []
        func damage(_ part: String, _ range: Range<Int>, times: Int) {
            for number in 0..<times {
                var data = whole
                for _ in 0...generator.index(below: 3) {
                    let place = range.lowerBound + generator.index(below: range.count)
                    data[place] =
                        number % 2 == 0
                        ? data[place] ^ 1 << UInt8(generator.index(below: 8)) : UInt8(generator.index(below: 256))
                }
                let damaged = data
                files.append(HostileFile("\(part) damaged, \(number)", mayLoad: true) { damaged })
            }
        }
        // The archive's checksums tell of damage to the pickle; without them the reader is on its own.
        damage("pickle", pickleRange, times: 20)
        damage("numbers and headers", pickleRange.upperBound..<directory, times: 30)
        damage("directory", directory..<whole.count, times: 50)
        for number in 0..<80 {
            var damaged = pickle
            for _ in 0...generator.index(below: 4) {
                damaged[generator.index(below: damaged.count)] = UInt8(generator.index(below: 256))
            }
            let data = model().archive(pickle: damaged).serialized()
            files.append(HostileFile("pickle damaged before it was packed, \(number)", mayLoad: true) { data })
        }
        for number in 0..<24 {
            let length = number * whole.count / 24
            files.append(HostileFile("cut after \(length) bytes") { whole.prefix(length) })
        }
        return files
    }

    static func damagedSafetensors(seed: UInt64) -> [HostileFile] {
        let header = """
            {"a":{"dtype":"F32","shape":[4,4],"data_offsets":[0,64]},"b":{"dtype":"F16","shape":[8],"data_offsets":[64,80]}}
            """
        let whole = safetensors(header, data: 80)
        var generator = SeededGenerator(seed: seed + 1)
        var files = (0..<10).map { number in
            HostileFile("safetensors cut, \(number)") { whole.prefix(number * whole.count / 10) }
        }
        for number in 0..<30 {
            var data = whole
            data[generator.index(below: 8 + header.utf8.count)] = UInt8(generator.index(below: 256))
            let damaged = data
            files.append(HostileFile("safetensors damaged, \(number)", mayLoad: true) { damaged })
        }
        let nested = "{\"a\":" + String(repeating: "[", count: 400_000)
        let numbers = "{\"a\":{\"dtype\":\"F32\",\"shape\":[" + String(repeating: "1,", count: 980_000) + "1]"
        files += [
            HostileFile("safetensors of deep nesting") { safetensors(nested, data: 0) },
            HostileFile("safetensors of many dimensions") {
                safetensors(numbers + ",\"data_offsets\":[0,4]}}", data: 4)
            },
            HostileFile("safetensors with a header of 3 MB") {
                safetensors(String(repeating: " ", count: 3_000_000), data: 0)
            },
            HostileFile("safetensors with a number that is not finite") {
                var data = whole
                data[data.count - 1] = 0x7C
                return data
            },
        ]
        return files
    }

    private static func safetensors(_ header: String, data: Int) -> Data {
        var file = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
        file.append(contentsOf: header.utf8)
        file.append(Data(count: data))
        return file
    }
}
