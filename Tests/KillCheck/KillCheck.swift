import ArgumentParser

@main struct KillCheck: AsyncParsableCommand {
    func run() async throws {}
}
