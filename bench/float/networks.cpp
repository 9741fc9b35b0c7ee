#include "bench/float/networks.h"

#include "tests/support/random_graph.h"

namespace octet {

Graph mobilenet_v2() {
    test::RandomGraph g(1, "mobilenet_v2");
    const auto pointwise = [&](TensorId x, int channels, Activation activation) {
        return g.conv2d(
            x, {.channels_out = channels, .kernel_h = 1, .kernel_w = 1, .activation = activation});
    };
    TensorId x = g.conv2d(g.input({1, 224, 224, 3}, DType::f32), {.channels_out = 32,
                                                                  .stride_h = 2,
                                                                  .stride_w = 2,
                                                                  .same = true,
                                                                  .activation = Activation::relu6});
    // Expansion, output channels, blocks and the first block's stride, as published.
    struct Stage {
        int expansion, channels, blocks, stride;
    };
    for (const Stage &stage :
         {Stage{1, 16, 1, 1}, Stage{6, 24, 2, 2}, Stage{6, 32, 3, 2}, Stage{6, 64, 4, 2},
          Stage{6, 96, 3, 1}, Stage{6, 160, 3, 2}, Stage{6, 320, 1, 1}})
        for (int block = 0; block < stage.blocks; ++block) {
            const int channels = g.tensor(x).shape[3], stride = block == 0 ? stage.stride : 1;
            TensorId y = x;
            if (stage.expansion > 1)
                y = pointwise(y, channels * stage.expansion, Activation::relu6);
            y = g.depthwise_conv2d(y, {.stride_h = stride,
                                       .stride_w = stride,
                                       .same = true,
                                       .activation = Activation::relu6});
            y = pointwise(y, stage.channels, Activation::none);
            x = block == 0 ? y : g.add(x, y);
        }
    x = pointwise(x, 1280, Activation::relu6);
    x = g.fully_connected(g.mean(x, {1, 2}), {.channels_out = 1000});
    return g.finish({g.softmax(x, 1e-3f)});
}

} // namespace octet
