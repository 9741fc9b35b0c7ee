#include "schedules/family.h"

#include "schedules/x86.h"

#include <stdexcept>

namespace octet::schedules {

namespace {

using namespace octet::generators;

template <typename Knobs>
std::vector<nlohmann::json> as_json(const std::vector<Knobs> &knobs) {
    return {knobs.begin(), knobs.end()};
}

class X86 final : public Family {
public:
    std::vector<nlohmann::json> candidates(Conv2dSpec &spec,
                                           const Capabilities &chip) const override {
        return as_json(x86::candidates(spec, chip));
    }
    std::vector<nlohmann::json> candidates(DepthwiseConv2dSpec &spec,
                                           const Capabilities &chip) const override {
        return as_json(x86::candidates(spec, chip));
    }
    nlohmann::json choose(const PointwiseShape &shape, const Capabilities &chip) const override {
        return x86::choose(shape, chip);
    }
    void apply(Conv2d &kernel, const nlohmann::json &knobs) const override {
        x86::schedule(kernel, knobs.get<x86::Conv2dKnobs>());
    }
    void apply(DepthwiseConv2d &kernel, const nlohmann::json &knobs) const override {
        x86::schedule(kernel, knobs.get<x86::DepthwiseKnobs>());
    }
    void apply(Pointwise &kernel, const nlohmann::json &knobs) const override {
        x86::schedule(kernel, knobs.get<x86::PointwiseKnobs>());
    }
};

} // namespace

const Family &find_family(const std::string &name) {
    static const X86 x86;
    if (name == "x86")
        return x86;
    throw std::invalid_argument("schedule family '" + name +
                                "' has no schedules; use x86 in the target's file");
}

} // namespace octet::schedules
