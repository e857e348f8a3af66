#!/usr/bin/env python3
"""Times PyTorch's int8 inference of Q-Segment and prints one line of JSON, as the other peers do.

The layers are Q-Segment's with batch norm folded and ReLUs fused: seven blocks of a 3x3, a 1x1 and a
depthwise 3x3 convolution, 1x1 residuals, merging sums and the head, quantised by PyTorch's static
quantisation (unsigned codes per tensor, weights per channel). One thing differs: PyTorch has no max
unpooling in int8, so the decoder repeats pixels (nearest upsampling) instead of placing them. That is
less work than max pooling and unpooling with kept places.

    torch_int8.py --size 960 --threads 1 --engine x86|onednn|fbgemm|qnnpack --format nhwc|nchw
"""
import argparse
import json
import os
import resource
import statistics
import time

parser = argparse.ArgumentParser()
parser.add_argument("--size", type=int, default=960)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--engine", default="x86")
parser.add_argument("--format", choices=["nhwc", "nchw"], default="nhwc")
parser.add_argument("--repeats", type=int, default=5)
parser.add_argument("--warmup", type=int, default=2)
options = parser.parse_args()
os.environ.setdefault("OMP_NUM_THREADS", str(options.threads))

import warnings

warnings.simplefilter("ignore")
import torch
from torch import nn
from torch.ao import quantization

torch.set_num_threads(options.threads)
torch.manual_seed(0)


def convolution(inputs, outputs, kernel, groups=1, relu=False):
    layers = [nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, groups=groups)]
    return nn.Sequential(*layers, nn.ReLU()) if relu else layers[0]


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.full = convolution(inputs, outputs, 3, relu=True)
        self.point = convolution(outputs, outputs, 1)
        self.depthwise = convolution(outputs, outputs, 3, groups=outputs, relu=True)

    def forward(self, x):
        skip = self.full(x)
        return skip, self.depthwise(self.point(skip))


class QSegment(nn.Module):
    def __init__(self, a=16, b=32, c=64):
        super().__init__()
        ends = [(3, a), (a, b), (b, c), (c, c), (c, b), (b, a), (a, a)]
        self.blocks = nn.ModuleList(Block(*pair) for pair in ends)
        self.residuals = nn.ModuleList(convolution(*pair, 1) for pair in ends[1:])
        self.sums = nn.ModuleList(torch.ao.nn.quantized.FloatFunctional() for _ in range(9))
        self.pool = nn.MaxPool2d(2)
        self.grow = nn.Upsample(scale_factor=2)
        self.head = convolution(a, 1, 3)
        self.quantize, self.dequantize = quantization.QuantStub(), quantization.DeQuantStub()

    def forward(self, x):
        x = self.quantize(x)
        skips = []
        for i in range(4):
            skip, y = self.blocks[i](x)
            if i > 0:
                y = self.sums[i - 1].add(y, self.residuals[i - 1](x))
            skips.append(skip)
            x = self.pool(y) if i < 3 else y
        for i in range(4, 7):
            x = self.grow(x)
            merged = self.sums[i - 1].add(x, skips[6 - i])
            x = self.sums[i + 2].add(self.blocks[i](merged)[1], self.residuals[i - 1](x))
        return self.dequantize(self.head(x))


def quantized(model, image):
    model.eval()
    for block in model.blocks:
        for name in ["full", "depthwise"]:
            quantization.fuse_modules(block, [[name + ".0", name + ".1"]], inplace=True)
    model.qconfig = quantization.get_default_qconfig(options.engine)
    quantization.prepare(model, inplace=True)
    model(image[..., :64, :64])
    return quantization.convert(model, inplace=True)


torch.backends.quantized.engine = options.engine
layout = torch.channels_last if options.format == "nhwc" else torch.contiguous_format
image = torch.rand(1, 3, options.size, options.size).contiguous(memory_format=layout)
model = quantized(QSegment(), image)
macs = 10571 * options.size * options.size
times = []
with torch.inference_mode():
    for _ in range(options.warmup + options.repeats):
        start = time.perf_counter()
        model(image)
        times.append(time.perf_counter() - start)
times = [1e3 * t for t in times[options.warmup :]]
result = {
    "program": f"PyTorch {torch.__version__} {options.engine} {options.format}, nearest",
    "task": f"infer/{options.size} batch 1/int8",
    "threads": options.threads,
    "median_ms": round(statistics.median(times), 4),
    "min_ms": round(min(times), 4),
    "gflop": round(2e-9 * macs, 4),
    "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
}
print(json.dumps(result))
