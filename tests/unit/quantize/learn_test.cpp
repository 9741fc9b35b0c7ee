// Learned weights: better than the nearest levels on data that they were not learned from, and
// always levels that the storage has.
#include "compiler/quantize/learn.h"

#include "compiler/quantize/simulation.h"
#include "tests/unit/quantize/float_networks.h"

#include <cmath>
#include <set>

using namespace octet;
using namespace octet::quantize;
using namespace octet::test;

namespace {

/// Images whose pixels resemble their neighbours, as those of cameras do.
Values smooth_images(RandomGraph &random, int64_t count, int height, int width, int channels) {
    Values values;
    for (int64_t n = 0; n < count; ++n) {
        std::vector<float> level(static_cast<size_t>(channels)), slope_x(level), slope_y(level);
        for (size_t c = 0; c < level.size(); ++c) {
            level[c] = random.uniform(-1.0f, 1.0f);
            slope_x[c] = random.uniform(-0.3f, 0.3f);
            slope_y[c] = random.uniform(-0.3f, 0.3f);
        }
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
                for (size_t c = 0; c < level.size(); ++c)
                    values.push_back(level[c] + slope_x[c] * float(x) + slope_y[c] * float(y) +
                                     random.uniform(-0.1f, 0.1f));
    }
    return values;
}

/// One convolution, and images to learn from and to judge by.
struct Layer {
    Graph graph;
    Values seen, fresh;
    static constexpr int64_t samples = 48;

    explicit Layer(uint32_t seed, Activation activation) {
        RandomGraph g(seed);
        const TensorId x = g.input({1, 6, 6, 4}, DType::f32);
        graph = g.finish({g.conv2d(x, {.channels_out = 8, .activation = activation})});
        seen = smooth_images(g, samples, 6, 6, 4);
        fresh = smooth_images(g, samples, 6, 6, 4);
    }
    const Operator &op() const { return graph.operators[0]; }
    Rows rows() const { return weight_rows(graph, op()); }

    LayerWeights nearest(const WeightScheme &scheme) const {
        return {round_to_nearest(op(), rows(), scheme), bias_of(graph, op())};
    }
    LayerWeights learned(const WeightScheme &scheme) const {
        const Patches patches(graph, op(), seen, seen, samples, {activation_of(op()), {}, {}});
        WeightContext context;
        context.importance = patches.energy();
        const QuantizedWeights start = round_to_nearest(op(), rows(), scheme, context);
        return learn_weights(rows(), bias_of(graph, op()), scheme, context, patches, start);
    }
    /// Mean squared error of the output with these weights.
    double error(const LayerWeights &layer, const Values &images) const {
        FloatExecutor exact(graph), changed(graph);
        changed.set_constant(op().inputs[1], from_rows(op(), graph.tensor(op().inputs[1]).shape,
                                                       layer.weights.real(rows()).values));
        changed.set_constant(op().inputs[2], layer.bias);
        const Values a = exact.execute(0, {images}, samples);
        const Values b = changed.execute(0, {images}, samples);
        double sum = 0;
        for (size_t i = 0; i < a.size(); ++i)
            sum += (double(a[i]) - b[i]) * (double(a[i]) - b[i]);
        return sum / double(a.size());
    }
};

} // namespace

TEST_CASE("Learned weights lose less than the nearest on fresh data", "[quantize]") {
    for (Activation activation : {Activation::none, Activation::relu, Activation::relu6})
        for (uint32_t seed : {1u, 2u, 3u, 4u}) {
            CAPTURE(int(activation), seed);
            const Layer layer(seed, activation);
            const WeightScheme four = weight_scheme("per-channel,4");
            CHECK(layer.error(layer.learned(four), layer.fresh) <
                  0.6 * layer.error(layer.nearest(four), layer.fresh));
            const WeightScheme eight = weight_scheme("per-channel");
            CHECK(layer.error(layer.learned(eight), layer.fresh) <=
                  layer.error(layer.nearest(eight), layer.fresh));
        }
}

TEST_CASE("Learned weights are levels of their storage", "[quantize]") {
    const Layer layer(5, Activation::relu);
    const Rows rows = layer.rows();
    for (const char *text : {"per-channel,8", "per-channel,4", "per-channel,3", "per-channel,2",
                             "per-tensor,4", "per-channel,pow2,4", "per-channel,codebook:16",
                             "per-channel,codebook:4/channel", "per-tensor,codebook:5/2"}) {
        CAPTURE(text);
        const WeightScheme scheme = weight_scheme(text);
        for (const LayerWeights &chosen : {layer.nearest(scheme), layer.learned(scheme)}) {
            const QuantizedWeights &weights = chosen.weights;
            REQUIRE(weights.values.size() == rows.values.size());
            CHECK(weights.scales.size() == (scheme.per_channel ? 8 : 1));
            const Rows real = weights.real(rows);
            std::set<int8_t> used;
            for (int c = 0; c < rows.channels; ++c) {
                std::vector<int8_t> book = weights.storage.codebooks;
                if (!book.empty()) {
                    const size_t books = size_t(weights.storage.codebook_count());
                    const size_t entries = book.size() / books;
                    REQUIRE(entries == size_t(1) << weights.storage.bits);
                    const size_t mine = size_t(c) / (size_t(rows.channels) / books);
                    book = {book.begin() + long(mine * entries),
                            book.begin() + long((mine + 1) * entries)};
                }
                for (int k = 0; k < rows.depth; ++k) {
                    const int8_t value = weights.values[size_t(c * rows.depth + k)];
                    used.insert(value);
                    if (book.empty()) {
                        CHECK(std::abs(value) <= (1 << (scheme.bits - 1)) - 1);
                    } else {
                        CHECK(std::ranges::count(book, value) > 0);
                    }
                    CHECK(real.row(c)[k] == weights.scale(c) * float(value));
                }
                int exponent = 0;
                if (scheme.mode == Mode::power_of_two)
                    CHECK(std::frexp(weights.scale(c), &exponent) == 0.5f);
            }
            CHECK(used.size() > 2);
        }
    }
}

TEST_CASE("Scales are large enough for the bias", "[quantize]") {
    const std::vector<float> bias = {0, 1e-3f, -5e4f, 3e8f};
    const float input_scale = 0.01f;
    ActivationPlan input;
    input.affine.scale = input_scale;
    const std::vector<float> least = least_scales(bias, input);
    REQUIRE(least.size() == 4);
    CHECK(least[0] == 0);
    for (size_t c = 1; c < 4; ++c) // 2^30 steps are half of what 32 bits have.
        CHECK(double(std::abs(bias[c])) / (double(input_scale) * least[c]) ==
              Approx(double(1 << 30)));

    // A bias far beyond the weights: rounded with the least scales it fits, without it does not.
    Layer layer(6, Activation::none);
    const std::vector<float> huge(8, 4e6f);
    set_floats(layer.graph.tensor(layer.op().inputs[2]), huge);
    WeightContext context;
    context.least_scales = least_scales(huge, input);
    const QuantizedWeights with =
        round_to_nearest(layer.op(), layer.rows(), weight_scheme("per-channel"), context);
    const QuantizedWeights without =
        round_to_nearest(layer.op(), layer.rows(), weight_scheme("per-channel"));
    for (int c = 0; c < 8; ++c) {
        const double steps = 4e6 / double(input_scale);
        CHECK(steps / with.scale(c) <= double(1 << 30) * 1.0001);
        CHECK(steps / without.scale(c) > double(1 << 30));
    }
}
