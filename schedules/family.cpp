#include "schedules/family.h"

#include "schedules/cortex_m.h"
#include "schedules/gpu.h"
#include "schedules/x86.h"

#include <stdexcept>

namespace octet::schedules {

namespace {

using namespace octet::generators;

template <typename Knobs>
std::vector<nlohmann::json> as_json(const std::vector<Knobs> &knobs) {
    return {knobs.begin(), knobs.end()};
}

/// A family whose functions lie in a namespace of their own, with its structs of knobs.
#define OCTET_FAMILY(Name, space)                                                                  \
    class Name : public Family {                                                                   \
    public:                                                                                        \
        using Family::apply;                                                                       \
        using Family::candidates;                                                                  \
        bool prefers_rows(int channels) const override { return space::prefers_rows(channels); }   \
        std::vector<nlohmann::json> candidates(Conv2dSpec &spec,                                   \
                                               const Capabilities &chip) const override {          \
            return as_json(space::candidates(spec, chip));                                         \
        }                                                                                          \
        std::vector<nlohmann::json> candidates(DepthwiseConv2dSpec &spec,                          \
                                               const Capabilities &chip) const override {          \
            return as_json(space::candidates(spec, chip));                                         \
        }                                                                                          \
        nlohmann::json choose(const PointwiseShape &shape,                                         \
                              const Capabilities &chip) const override {                           \
            return space::choose(shape, chip);                                                     \
        }                                                                                          \
        nlohmann::json choose(DecodeWeightsSpec &spec, const Capabilities &chip) const override {  \
            return space::choose(spec, chip);                                                      \
        }                                                                                          \
        void apply(DecodeWeights &kernel, const nlohmann::json &knobs) const override {            \
            space::schedule(kernel, knobs.get<space::DecodeWeightsKnobs>());                       \
        }                                                                                          \
        void apply(Conv2d &kernel, const nlohmann::json &knobs) const override {                   \
            space::schedule(kernel, knobs.get<space::Conv2dKnobs>());                              \
        }                                                                                          \
        void apply(DepthwiseConv2d &kernel, const nlohmann::json &knobs) const override {          \
            space::schedule(kernel, knobs.get<space::DepthwiseKnobs>());                           \
        }                                                                                          \
        void apply(Pointwise &kernel, const nlohmann::json &knobs) const override {                \
            space::schedule(kernel, knobs.get<space::PointwiseKnobs>());                           \
        }                                                                                          \
    };
OCTET_FAMILY(X86, x86)
OCTET_FAMILY(CortexM, cortex_m)
OCTET_FAMILY(GpuFamily, gpu)
#undef OCTET_FAMILY

class Gpu final : public GpuFamily {
public:
    using GpuFamily::apply;
    using GpuFamily::candidates;
    std::vector<nlohmann::json> candidates(ConvTilesSpec &spec,
                                           const Capabilities &chip) const override {
        return as_json(gpu::candidates(spec, chip));
    }
    void apply(ConvTiles &kernel, const nlohmann::json &knobs) const override {
        gpu::schedule(kernel, knobs.get<gpu::ConvTilesKnobs>());
    }
};

} // namespace

void Family::apply(ConvTiles & /*kernel*/, const nlohmann::json & /*knobs*/) const {
    throw std::logic_error("this schedule family does not multiply tiles");
}

const Family &find_family(const std::string &name) {
    static const X86 x86;
    static const CortexM cortex_m;
    static const Gpu gpu;
    if (name == "x86")
        return x86;
    if (name == "cortex_m")
        return cortex_m;
    if (name == "gpu")
        return gpu;
    throw std::invalid_argument(
        "schedule family '" + name +
        "' has no schedules; use x86, cortex_m or gpu in the target's file");
}

} // namespace octet::schedules
