package import Basics

/// A folder on a disk that loses its power: what it may hold afterwards.
///
/// The model is as bad as POSIX allows, and worse than any journalling file system is known to be. What was synced is there.
/// Of what was written to a file since its last sync, and of what happened to the folder's names since the folder's last
/// sync, any part may be there and any not, in any combination; a write may be there in part, by sectors or by pages.
/// A renaming happened or did not.
package struct FailingDisk {
    private final class File {
        var synced: [UInt8] = []
        /// Since the last sync.
        var changes: [Change] = []
    }

    private enum Change {
        case write(offset: Int, bytes: Range<Int>)
        case truncate(Int)
        case grow(Int)
    }

    private enum NameChange {
        case set(String, File)
        case remove(String)
        case rename(String, to: String, File)
    }

    /// How much of what was not synced is there.
    package enum Loss: CaseIterable {
        case everything, nothing, contents, names, some
    }

    private let data: [UInt8]
    private var names: [String: File] = [:]
    private var syncedNames: [String: File] = [:]
    private var nameChanges: [NameChange] = []

    package init(_ trace: WriteTrace) { data = trace.data }

    package struct Unknown: Error {
        let name: String
    }

    package mutating func perform(_ operation: WriteTrace.Operation) throws {
        switch operation {
        case .create(let name):
            let file = File()
            names[name] = file
            nameChanges.append(.set(name, file))
        case .write(let name, let offset, let bytes):
            try file(name).changes.append(.write(offset: offset, bytes: bytes))
        case .truncate(let name, let length): try file(name).changes.append(.truncate(length))
        case .grow(let name, let length): try file(name).changes.append(.grow(length))
        case .sync(let name):
            let file = try file(name)
            for change in file.changes { apply(change, to: &file.synced) }
            file.changes = []
        case .syncFolder:
            for change in nameChanges { Self.apply(change, to: &syncedNames) }
            nameChanges = []
        case .remove(let name):
            names[name] = nil
            nameChanges.append(.remove(name))
        case .rename(let old, let new):
            let moved = try file(old)
            names[old] = nil
            names[new] = moved
            nameChanges.append(.rename(old, to: new, moved))
        case .log, .answer, .fed: break
        }
    }

    private func file(_ name: String) throws -> File {
        guard let file = names[name] else { throw Unknown(name: name) }
        return file
    }

    private func apply(_ change: Change, to contents: inout [UInt8]) {
        switch change {
        case .write(let offset, let bytes):
            Self.grow(&contents, to: offset + bytes.count)
            contents.replaceSubrange(offset..<offset + bytes.count, with: data[bytes])
        case .truncate(let length):
            Self.grow(&contents, to: length)
            contents.removeLast(contents.count - length)
        case .grow(let length): Self.grow(&contents, to: length)
        }
    }

    private static func grow(_ contents: inout [UInt8], to length: Int) {
        if contents.count < length { contents.append(contentsOf: repeatElement(0, count: length - contents.count)) }
    }

    private static func apply(_ change: NameChange, to names: inout [String: File]) {
        switch change {
        case .set(let name, let file): names[name] = file
        case .remove(let name): names[name] = nil
        case .rename(let old, let new, let file):
            names[old] = nil
            names[new] = file
        }
    }

    /// Files and their contents after the power came back.
    package func afterPowerCut(_ loss: Loss, _ random: inout SeededGenerator) -> [String: [UInt8]] {
        var names = syncedNames
        for change in nameChanges where keeps(loss, .names, &random) { Self.apply(change, to: &names) }
        return names.mapValues { file in
            var contents = file.synced
            for change in file.changes where keeps(loss, .contents, &random) {
                if loss == .some, case .write(let offset, let bytes) = change, random.index(below: 3) == 0 {
                    tear(offset, bytes, &contents, &random)
                } else {
                    apply(change, to: &contents)
                }
            }
            return contents
        }
    }

    private func keeps(_ loss: Loss, _ lost: Loss, _ random: inout SeededGenerator) -> Bool {
        switch loss {
        case .everything: false
        case .nothing: true
        case .some: random.index(below: 2) == 0
        case .contents, .names: loss != lost
        }
    }

    /// Sectors of 512 bytes or pages of 4096, each of which is written or not.
    private func tear(
        _ offset: Int, _ bytes: Range<Int>, _ contents: inout [UInt8], _ random: inout SeededGenerator
    ) {
        let unit = random.index(below: 2) == 0 ? 512 : 4096
        var start = offset
        while start < offset + bytes.count {
            let end = min(offset + bytes.count, (start / unit + 1) * unit)
            if random.index(below: 2) == 0 {
                let first = bytes.lowerBound + start - offset
                apply(.write(offset: start, bytes: first..<first + end - start), to: &contents)
            }
            start = end
        }
    }
}
