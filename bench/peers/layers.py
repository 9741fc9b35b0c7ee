"""The layers that are measured alone: the distinct shapes of ResNet-50 and MobileNetV2.

Each becomes a model of one operator, in two files with the same numbers: a .tflite for Octet and
LiteRT, an .onnx for ONNX Runtime.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    """One operator, batch 1, NHWC, SAME padding, square taps."""

    name: str
    kind: str  # conv, pointwise, depthwise, fc, add, quantize or call
    height: int
    width: int
    channels_in: int
    channels_out: int
    taps: int = 1  # per side
    stride: int = 1

    @property
    def depthwise(self) -> bool:
        return self.kind == "depthwise"

    @property
    def has_weights(self) -> bool:
        return self.kind in ("conv", "pointwise", "depthwise", "fc", "call")

    @property
    def out_height(self) -> int:
        return -(-self.height // self.stride)

    @property
    def out_width(self) -> int:
        return -(-self.width // self.stride)

    @property
    def input_shape(self) -> tuple[int, ...]:
        if self.kind == "fc":
            return (1, self.channels_in)
        return (1, self.height, self.width, self.channels_in)

    @property
    def output_shape(self) -> tuple[int, ...]:
        if self.kind == "fc":
            return (1, self.channels_out)
        return (1, self.out_height, self.out_width, self.channels_out)

    @property
    def reduction(self) -> int:
        """Products in the sum of one output."""
        return self.taps**2 * (1 if self.depthwise else self.channels_in)

    @property
    def macs(self) -> int:
        if not self.has_weights:
            return 0
        return self.out_height * self.out_width * self.channels_out * self.reduction


def conv(name, size, channels_in, channels_out, taps, stride=1):
    kind = "pointwise" if taps == 1 else "conv"
    return Layer(name, kind, size, size, channels_in, channels_out, taps, stride)


def depthwise(name, size, channels, stride=1):
    return Layer(name, "depthwise", size, size, channels, channels, 3, stride)


LAYERS = [
    conv("resnet50_conv1_7x7s2", 224, 3, 64, taps=7, stride=2),
    conv("resnet50_56x56_64_64_3x3", 56, 64, 64, taps=3),
    conv("resnet50_28x28_128_128_3x3", 28, 128, 128, taps=3),
    conv("resnet50_14x14_256_256_3x3", 14, 256, 256, taps=3),
    conv("resnet50_7x7_512_512_3x3", 7, 512, 512, taps=3),
    conv("resnet50_56x56_64_64", 56, 64, 64, taps=1),
    conv("resnet50_56x56_64_256", 56, 64, 256, taps=1),
    conv("resnet50_14x14_1024_256", 14, 1024, 256, taps=1),
    conv("resnet50_7x7_512_2048", 7, 512, 2048, taps=1),
    conv("mobilenetv2_112x112_32_16", 112, 32, 16, taps=1),
    conv("mobilenetv2_56x56_24_144", 56, 24, 144, taps=1),
    conv("mobilenetv2_14x14_384_64", 14, 384, 64, taps=1),
    conv("mobilenetv2_7x7_320_1280", 7, 320, 1280, taps=1),
    depthwise("mobilenetv2_112x112_32_dw", 112, 32),
    depthwise("mobilenetv2_56x56_144_dw", 56, 144),
    depthwise("mobilenetv2_28x28_192_dw", 28, 192),
    depthwise("mobilenetv2_14x14_384_dw", 14, 384),
    depthwise("mobilenetv2_7x7_960_dw", 7, 960),
    Layer("resnet50_fc_2048_1000", "fc", 1, 1, 2048, 1000),
    Layer("resnet50_add_56x56_256", "add", 56, 56, 256, 256),
    Layer("quantize_1024x1024", "quantize", 1024, 1024, 1, 1),
    # A pointwise convolution so small that what remains is the cost of a call.
    Layer("call_1x1_16_16", "call", 1, 1, 16, 16),
]
