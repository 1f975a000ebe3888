public import FoundationEssentials
public import ModelFiles

/// A model file that must do no harm.
public struct HostileFile: Sendable {
    /// What is wrong with it.
    public let name: String
    /// Whether the damage may go unnoticed, because nothing in the format would tell.
    public let mayLoad: Bool
    private let make: @Sendable () -> Data

    init(_ name: String, mayLoad: Bool = false, _ make: @escaping @Sendable () -> Data) {
        self.name = name
        self.mayLoad = mayLoad
        self.make = make
    }

    public var data: Data { make() }

    /// Opens the file and reads every tensor, as an import would.
    /// - Returns: the refusal; nil when all of it was read.
    public static func refusal(of path: String) -> ModelFileError? {
        do throws(ModelFileError) {
            let file = try TensorFile.open(path: path)
            for name in file.names {
                do throws(ModelFileError) {
                    _ = try file.parameter(name)
                } catch  where error.code == .wrongType {
                    _ = try file.integers(name)
                }
            }
            return nil
        } catch {
            return error
        }
    }

    /// All of them, the same for the same seed.
    public static func all(seed: UInt64) -> [HostileFile] {
        damagedCheckpoints(seed: seed) + hostilePickles + hostileTensors + hostileArchives
            + damagedSafetensors(seed: seed)
    }
}
