internal import FoundationEssentials

extension HostileFile {
    private static func pickle(
        _ name: String, mayLoad: Bool = false, _ write: @escaping @Sendable (inout PickleWriter) -> Void
    ) -> HostileFile {
        HostileFile(name, mayLoad: mayLoad) {
            var writer = PickleWriter()
            write(&writer)
            return model().archive(pickle: writer.bytes).serialized()
        }
    }

    static var hostilePickles: [HostileFile] {
        calls + strangeObjects + instructions + sizes + structures
    }

    /// What a pickle would have an interpreter do.
    private static var calls: [HostileFile] {
        let functions = [
            ("os", "system"), ("posix", "system"), ("nt", "system"), ("os.path", "join"), ("builtins", "eval"),
            ("builtins", "exec"), ("builtins", "compile"), ("builtins", "getattr"), ("builtins", "__import__"),
            ("builtins", "open"), ("__builtin__", "eval"), ("__builtin__", "execfile"), ("subprocess", "Popen"),
            ("subprocess", "check_output"), ("sys", "exit"), ("importlib", "import_module"), ("runpy", "run_path"),
            ("shutil", "rmtree"), ("socket", "socket"), ("pickle", "loads"), ("marshal", "loads"), ("ctypes", "CDLL"),
            ("operator", "attrgetter"), ("webbrowser", "open"), ("pty", "spawn"), ("torch.hub", "load"),
            ("torch.storage", "_load_from_bytes"), ("numpy", "load"), ("some.where", "__reduce__"),
        ]
        var files = functions.map { module, name in
            pickle("call of \(module).\(name)") {
                $0.global(module, name)
                $0.mark()
                $0.text("touch /tmp/harm")
                $0.tuple()
                $0.reduce()
                $0.stop()
            }
        }
        files += functions.prefix(6).map { module, name in
            pickle("\(module).\(name) from the stack, in a training checkpoint's meta") {
                $0.emptyDictionary()
                $0.text("meta")
                $0.text(module)
                $0.text(name)
                $0.raw(0x93)
                $0.emptyTuple()
                $0.reduce()
                $0.setItem()
                $0.text("state_dict")
                $0.emptyDictionary()
                $0.setItem()
                $0.stop()
            }
        }
        return files
    }

    /// Objects that are not what they are used for.
    private static var strangeObjects: [HostileFile] {
        [
            pickle("weights made by an unknown function") {
                $0.emptyDictionary()
                $0.text("w")
                $0.global("some.library", "make")
                $0.emptyTuple()
                $0.reduce()
                $0.setItem()
                $0.stop()
            },
            pickle("a tensor of an ordered dictionary with contents") {
                $0.global("collections", "OrderedDict")
                $0.integers([1])
                $0.reduce()
                $0.stop()
            },
            pickle("a call of a number") {
                $0.integer(1)
                $0.emptyTuple()
                $0.reduce()
                $0.stop()
            },
            pickle("a rebuilt tensor of words") {
                $0.global("torch._utils", "_rebuild_tensor_v2")
                $0.mark()
                for word in ["a", "b", "c", "d"] { $0.text(word) }
                $0.tuple()
                $0.reduce()
                $0.stop()
            },
            pickle("a parameter of nothing") {
                $0.global("torch._utils", "_rebuild_parameter")
                $0.emptyTuple()
                $0.reduce()
                $0.stop()
            },
            pickle("a storage that is a number") {
                $0.integer(3)
                $0.persistentID()
                $0.stop()
            },
        ]
    }

    /// Instructions out of place, or outside the allowed set.
    private static var instructions: [HostileFile] {
        let single: [(String, [UInt8])] = [
            ("INST", Array("ios\nsystem\n".utf8)), ("OBJ", [0x28, 0x6F]), ("EXT1", [0x82, 1]), ("EXT2", [0x83, 1, 0]),
            ("EXT4", [0x84, 1, 0, 0, 0]), ("PERSID", Array("Pid\n".utf8)), ("STRING", Array("S'a'\n".utf8)),
            ("UNICODE", Array("Va\n".utf8)), ("INT", Array("I1\n".utf8)), ("LONG", Array("L1L\n".utf8)),
            ("FLOAT", Array("F1.0\n".utf8)), ("GET", Array("g0\n".utf8)), ("PUT", Array("p0\n".utf8)),
            ("NEXT_BUFFER", [0x97]), ("READONLY_BUFFER", [0x98]), ("LONG4", [0x8B, 0xFF, 0xFF, 0xFF, 0x7F]),
            ("an unknown instruction", [0xFF]), ("STOP without a value", [0x2E]), ("POP", [0x30]), ("DUP", [0x32]),
            ("REDUCE", [0x52]), ("BUILD", [0x62]), ("TUPLE without a mark", [0x74]), ("TUPLE3", [0x87]),
            ("SETITEMS", [0x75]), ("APPEND", [0x61]), ("MEMOIZE", [0x94]), ("BINGET", [0x68, 7]),
            ("BINPERSID", [0x51]), ("NEWOBJ", [0x81]), ("STACK_GLOBAL", [0x93]), ("a second PROTO", [0x80, 2]),
            ("a name without an end", [0x63, 0x61]), ("a mark alone", [0x28, 0x2E]),
            ("POP below a mark", [0x4E, 0x28, 0x30]),
            ("items of a number", [0x4B, 1, 0x4B, 2, 0x61]), ("a key without a value", [0x7D, 0x28, 0x4E, 0x75]),
            ("a state of a number", [0x4B, 1, 0x4E, 0x62]), ("nothing at all", []),
        ]
        return single.map { name, bytes in
            pickle(name) { writer in
                for byte in bytes { writer.raw(byte) }
            }
        }
            + [
                pickle("data behind the end") {
                    $0.emptyDictionary()
                    $0.stop()
                    $0.raw(0, 0, 0)
                },
                HostileFile("protocol 9") {
                    model().archive(pickle: PickleWriter(protocol: 9).bytes + Data([0x7D, 0x2E])).serialized()
                },
            ]
    }

    /// Lengths and counts that no memory could hold.
    private static var sizes: [HostileFile] {
        [
            pickle("text of 4 GB") { $0.text(length: .max, "short") },
            pickle("text of 2^63 bytes") { $0.raw(0x8D, 0, 0, 0, 0, 0, 0, 0, 0x80) },
            pickle("bytes of 2^64 - 1 bytes") { $0.raw(0x8E, 255, 255, 255, 255, 255, 255, 255, 255) },
            pickle("an integer of 255 bytes") { $0.raw(0x8A, 255, 1) },
            pickle("a frame of 2^64 - 1 bytes") { $0.raw(0x95, 255, 255, 255, 255, 255, 255, 255, 255) },
            pickle("memo number 4294967295") {
                $0.none()
                $0.put(.max)
            },
            pickle("a memo of 300000 entries") {
                $0.emptyDictionary()
                for index in 0..<300_000 { $0.put(UInt32(index)) }
                $0.stop()
            },
            pickle("half a million instructions") {
                for _ in 0..<500_000 { $0.none() }
            },
            pickle("500000 marks") {
                for _ in 0..<500_000 { $0.mark() }
            },
            pickle("399000 empty dictionaries") {
                for _ in 0..<399_000 { $0.emptyDictionary() }
                $0.stop()
            },
            pickle("300000 tuples of one") {
                $0.none()
                for _ in 0..<300_000 { $0.raw(0x85) }
                $0.stop()
            },
            pickle("a key of a megabyte") {
                $0.emptyDictionary()
                $0.text(String(repeating: "k", count: 1 << 20))
                $0.none()
                $0.setItem()
                $0.stop()
            },
            HostileFile("a pickle of 65 MB") {
                model().archive(pickle: Data([0x80, 2]) + Data(repeating: 0x4E, count: 65 << 20)).serialized()
            },
        ]
    }

    /// Objects that grow, nest or contain themselves.
    private static var structures: [HostileFile] {
        [
            pickle("lists 190000 deep") {
                for _ in 0..<190_000 { $0.emptyList() }
                for _ in 1..<190_000 { $0.append() }
                $0.stop()
            },
            pickle("lists of lists that double 60 times") {
                $0.emptyList()
                $0.put(0)
                for level in 0..<60 {
                    $0.emptyList()
                    $0.get(UInt32(level))
                    $0.append()
                    $0.get(UInt32(level))
                    $0.append()
                    $0.put(UInt32(level + 1))
                }
                $0.stop()
            },
            pickle("a list that copies itself into itself") {
                $0.emptyList()
                for _ in 0..<190_000 {
                    $0.duplicate()
                    $0.append()
                }
                $0.stop()
            },
            pickle("a state dictionary that contains itself") {
                $0.emptyDictionary()
                $0.text("state_dict")
                $0.raw(0x68, 0)
                $0.setItem()
                $0.stop()
            },
            pickle("a dictionary of weights that is its own weight") {
                $0.emptyDictionary()
                $0.put(0)
                $0.text("state_dict")
                $0.get(0)
                $0.setItem()
                $0.stop()
            },
            pickle("an empty state dictionary") {
                $0.emptyDictionary()
                $0.text("state_dict")
                $0.emptyDictionary()
                $0.setItem()
                $0.stop()
            },
            pickle("a list instead of weights") {
                $0.emptyList()
                $0.stop()
            },
            pickle("numbers as keys") {
                $0.emptyDictionary()
                $0.integer(1)
                $0.none()
                $0.setItem()
                $0.stop()
            },
        ]
    }
}
