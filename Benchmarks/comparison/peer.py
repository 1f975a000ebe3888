"""Another runtime as a contender: the same line protocol as `monitor-bench contender`.

usage: python -m comparison.peer RUNTIME MODEL INPUT SHAPE THREADS
"""

import sys
import time

import numpy as np


def resident_kib(key="VmRSS"):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(key + ":"))


class OnnxRuntime:
    def __init__(self):
        import onnxruntime

        self.runtime = onnxruntime

    def load(self, model, values, threads):
        options = self.runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.graph_optimization_level = self.runtime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = self.runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.values = values

    def __call__(self):
        return self.session.run(None, {"input": self.values})


class OpenVINO:
    def __init__(self):
        import openvino

        self.runtime = openvino

    def load(self, model, values, threads):
        settings = {
            "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1,
            "INFERENCE_PRECISION_HINT": "f32",
        }
        compiled = self.runtime.Core().compile_model(model, "CPU", settings)
        self.request = compiled.create_infer_request()
        self.request.set_input_tensor(self.runtime.Tensor(values))
        self.count = len(compiled.outputs)

    def __call__(self):
        self.request.infer()
        return [self.request.get_output_tensor(index).data for index in range(self.count)]


class NCNN:
    def __init__(self):
        import ncnn

        self.runtime = ncnn

    def load(self, model, values, threads):
        self.net = self.runtime.Net()
        options = self.net.opt
        options.use_vulkan_compute = False
        options.num_threads = threads
        # The weights and products of all contenders are fp32.
        options.use_fp16_packed = options.use_fp16_storage = options.use_fp16_arithmetic = False
        self.net.load_param(model + ".param")
        self.net.load_model(model + ".bin")
        self.threads = threads
        # ncnn has no batch dimension.
        self.values = self.runtime.Mat(values[0] if values.ndim == 4 else values)
        with open(model + ".param") as file:
            names = [word for line in file for word in line.split()]
        self.outputs = sorted({name for name in names if name.startswith("out") and name[3:].isdigit()})
        self.outputs.sort(key=lambda name: int(name[3:]))

    def __call__(self):
        extractor = self.net.create_extractor()
        extractor.input("in0", self.values)
        return [np.array(extractor.extract(name)[1], copy=False) for name in self.outputs]


RUNTIMES = {"onnxruntime": OnnxRuntime, "openvino": OpenVINO, "ncnn": NCNN}


def main(runtime, model, input_file, shape, threads):
    bare = resident_kib()
    values = np.fromfile(input_file, np.float32).reshape([int(extent) for extent in shape.split(",")])
    peer = RUNTIMES[runtime]()
    start = time.perf_counter()
    peer.load(model, values, int(threads))
    print(f"ready {1000 * (time.perf_counter() - start):.3f} {bare}", flush=True)
    for line in sys.stdin:
        words = line.split(maxsplit=1)
        if words == ["run"]:
            start, used = time.perf_counter(), time.process_time()
            peer()
            passed, used = time.perf_counter() - start, time.process_time() - used
            print(f"{1000 * passed:.4f} {1000 * used:.4f}", flush=True)
        elif words[0] == "check":
            outputs = [np.ascontiguousarray(output, np.float32) for output in peer()]
            with open(words[1].strip(), "wb") as file:
                for output in outputs:
                    file.write(output.tobytes())
            print("wrote " + " ".join(str(output.size) for output in outputs), flush=True)
        elif words == ["memory"]:
            print(resident_kib("VmHWM"), flush=True)
        elif words == ["quit"]:
            return
        else:
            print(f"error: unknown command {line.strip()!r}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
