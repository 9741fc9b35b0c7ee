// Writes the model file of network.c to the path given: an int8 image of 4x5x3, three float scores.
#include "compiler/emit/model_file.h"

#include <fstream>

using namespace octet;

int main(int, char **argv) {
    using lower::Region;
    lower::StoredTensor image, scores;
    image.name = "image";
    image.shape = {1, 4, 5, 3};
    image.bytes = 60;
    image.region = Region::input;
    image.scale = 1;
    image.zero_point = -128;
    scores.name = "scores";
    scores.dtype = DType::f32;
    scores.shape = {1, 3};
    scores.bytes = 12;
    scores.region = Region::output;
    lower::Call call;
    call.name = "sum";
    call.op = OpKind::mean;
    call.shape = scores.shape;
    call.arguments = {{Region::input, 0, 0, 60, 0}, {Region::output, 0, 0, 12, 1}};
    call.inputs = {0};
    call.outputs = {1};
    lower::Program program;
    program.name = "network";
    program.target = "any";
    program.tensors = {image, scores};
    program.inputs = {0};
    program.outputs = {1};
    program.kernels = {{"sum_channels", "{}"}};
    program.calls = {call};
    const Bytes bytes = emit::write_model_file(program, 42);
    std::ofstream file(argv[1], std::ios::binary);
    file.write(reinterpret_cast<const char *>(bytes.data()), std::streamsize(bytes.size()));
    return file.flush() ? 0 : 1;
}
