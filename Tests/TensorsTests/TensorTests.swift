import Tensors
import Testing

@Suite struct TensorTests {
    @Test func `A shape knows its extents, count and text`() {
        let shape: Shape = [2, 3, 5]
        #expect(shape.rank == 3)
        #expect(shape.count == 30)
        #expect(shape[1] == 3)
        #expect(shape.array == [2, 3, 5])
        #expect("\(shape)" == "[2, 3, 5]")
        #expect(([] as Shape).count == 1)
        #expect(([4, 0] as Shape).count == 0)
        #expect(([2, 1] as Shape) != [2])
        #expect(Set([[1, 2], [1, 2], [2, 1]] as [Shape]).count == 2)
    }

    @Test func `A tensor owns aligned memory and can take another shape`() {
        let tensor = Tensor([2, 3], [1, 2, 3, 4, 5, 6])
        #expect(UInt(bitPattern: tensor.pointer) % 64 == 0)
        #expect(tensor.row(1)[0] == 4)
        #expect(tensor[5] == 6)
        tensor.reshape([3, 2])
        #expect(tensor.row(1)[0] == 3)
        tensor.reshape([2])
        #expect(tensor.array == [1, 2])
        #expect(tensor.capacity == 6)
        tensor[1] = 9
        #expect(tensor.array == [1, 9])
        tensor.fill(0)
        #expect(tensor.array == [0, 0])
        tensor.reshape([6])
        #expect(tensor.array == [0, 0, 3, 4, 5, 6])
    }

    @Test(arguments: [1 << 18, 1 << 19, (1 << 19) + 5, 3_000_001])
    func `Large tensors are whole, zeroed and aligned, and come and go`(_ count: Int) {
        for _ in 0..<20 {
            let tensor = Tensor([count])
            #expect(UInt(bitPattern: tensor.pointer) % 64 == 0)
            #expect(tensor[0] == 0 && tensor[count / 2] == 0 && tensor[count - 1] == 0)
            tensor.fill(1)
            #expect(tensor[count - 1] == 1)
        }
    }

    @Test func `An empty tensor is allowed`() {
        let tensor = Tensor([0, 5])
        #expect(tensor.count == 0)
        #expect(tensor.array.isEmpty)
    }
}
