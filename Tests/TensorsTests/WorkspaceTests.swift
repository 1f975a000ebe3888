import Basics
import Tensors
import Testing

@Suite struct WorkspaceTests {
    @Test func `A repeated run allocates nothing, whatever the order of returns`() {
        let workspace = Workspace()
        var generator = SeededGenerator(seed: 3)
        func run() {
            var lent: [Tensor] = []
            for count in [100, 5000, 300, 70_000, 4100, 5000, 9, 1, 0, 65_536] {
                lent.append(workspace.borrow([count]))
                if lent.count > 4 { workspace.giveBack(lent.remove(at: generator.index(below: lent.count))) }
            }
            lent.shuffle(using: &generator)
            lent.forEach(workspace.giveBack)
        }
        func repeated() {
            let first = workspace.borrow([5000])
            let second = workspace.borrow([4097])
            workspace.giveBack(first)
            let third = workspace.borrow([8192])
            workspace.giveBack(third)
            workspace.giveBack(second)
        }
        repeated()
        #expect(workspace.allocations == 2)
        repeated()
        #expect(workspace.allocations == 2)
        for _ in 0..<50 { run() }
        let settled = workspace.allocations
        for _ in 0..<50 { repeated() }
        #expect(workspace.allocations == settled)
    }

    @Test(arguments: [0, 1, 255, 256, 257, 1000, 4096, 4097])
    func `A borrowed tensor has the shape asked for and room enough`(_ count: Int) {
        let workspace = Workspace()
        let tensor = workspace.borrow([count])
        #expect(tensor.shape == [count])
        #expect(tensor.capacity >= count)
        #expect(UInt(bitPattern: tensor.pointer) % 64 == 0)
        workspace.giveBack(tensor)
        let again = workspace.borrow([max(count, 1) / 1, 1])
        #expect(workspace.allocations == 1)
        workspace.giveBack(again)
    }

    @Test func `Trimming drops what is free and keeps account of what is lent`() {
        let workspace = Workspace()
        let kept = workspace.borrow([1000])
        workspace.giveBack(workspace.borrow([100_000]))
        #expect(workspace.bytes == (1024 + 131_072) * 4)
        workspace.trim()
        #expect(workspace.bytes == 1024 * 4)
        workspace.giveBack(kept)
        #expect(workspace.borrow([1024]) === kept)
    }
}
