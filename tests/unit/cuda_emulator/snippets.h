// Instructions against C++ expressions: every snippet is a kernel that loads its operands, executes
// the body and stores the result; all snippets of a test case are one module.
//
//   Snippets s;
//   s.add<int32_t, int32_t, int32_t>("add.s32 %d, %x, %y;", [](int32_t x, int32_t y) { ... });
//   s.check();
//
// The operands are registers %x, %y, %z, the result is %d; %p, %q and %t are predicates and a word
// to use. Operands of 8 bits lie in registers of 16. Operands are corner cases and random values.
#pragma once

#include "device.h"

#include <catch2/catch.hpp>

#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <type_traits>

namespace octet::test {

class Snippets {
public:
    explicit Snippets(std::string target = "sm_80") : target_(std::move(target)) {}

    /// Result, operands; `expected` gets the operands.
    template <class Result, class... Operands, class Expected>
    void add(const std::string &body, Expected expected) {
        const std::string name = "k" + std::to_string(cases_.size());
        std::string text = ".visible .entry " + name + "(.param .u64 d";
        int n = 0;
        (..., (text += parameter<Operands>(n++)));
        text += ")\n{\n.reg .pred %p, %q;\n.reg .b32 %t, %u, %i;\n.reg .b64 %a, %o;\n";
        text += "mov.u32 %i, %ctaid.x;\nmov.u32 %t, %ntid.x;\nmov.u32 %u, %tid.x;\n"
                "mad.lo.s32 %i, %i, %t, %u;\n";
        n = 0;
        (..., (text += load<Operands>(n++)));
        text += ".reg ." + storage<Result>() + " %d;\n{\n" + body + "\n}\n";
        text += "ld.param.u64 %a, [d];\nmul.wide.u32 %o, %i, " + std::to_string(sizeof(Result)) +
                ";\nadd.s64 %a, %a, %o;\nst.global." + memory<Result>() + " [%a], %d;\nret;\n}\n";
        cases_.push_back({name, body, [=](Device &device, CUmodule module) {
                              run<Result, Operands...>(device, module, name, body, expected);
                          }});
        text_ += text;
    }

    void check() {
        const std::string ptx = module_head(target_) + text_;
        CHECK(refused_by_ptxas(ptx, target_) == "");
        Device device(target_ == "sm_80" ? "" : "cc=9.0");
        CUmodule module = device.load(ptx);
        for (const Case &one : cases_)
            one.run(device, module);
    }

private:
    static constexpr unsigned threads = 96, blocks = 5, count = threads * blocks;

    struct Case {
        std::string name, body;
        std::function<void(Device &, CUmodule)> run;
    };

    template <class T>
    static std::string storage() {
        return sizeof(T) <= 2 ? "b16" : sizeof(T) == 4 ? "b32" : "b64";
    }
    template <class T>
    static std::string memory() {
        return (std::is_signed_v<T> && !std::is_floating_point_v<T> && sizeof(T) == 1 ? "s" : "b") +
               std::to_string(sizeof(T) * 8);
    }
    template <class T>
    static std::string parameter(int n) {
        return ", .param .u64 o" + std::to_string(n);
    }
    template <class T>
    static std::string load(int n) {
        const std::string name(1, "xyzw"[n]);
        return ".reg ." + storage<T>() + " %" + name + ";\nld.param.u64 %a, [o" +
               std::to_string(n) + "];\nmul.wide.u32 %o, %i, " + std::to_string(sizeof(T)) +
               ";\nadd.s64 %a, %a, %o;\nld.global." + memory<T>() + " %" + name + ", [%a];\n";
    }

    template <class T>
    static std::vector<T> values(unsigned seed) {
        std::mt19937_64 random(seed);
        std::vector<T> result(count);
        for (T &value : result) {
            const uint64_t bits = random();
            if constexpr (std::is_floating_point_v<T>) {
                const T corners[] = {0,
                                     -T{0},
                                     1,
                                     -1,
                                     T(0.5),
                                     T(1.5),
                                     T(-2.5),
                                     T(2147483648.0),
                                     T(-2147483648.0),
                                     T(1e30),
                                     std::numeric_limits<T>::infinity(),
                                     std::numeric_limits<T>::quiet_NaN()};
                if (bits % 3 == 0)
                    value = corners[bits / 3 % 12];
                else
                    value = static_cast<T>((static_cast<double>(bits >> 11) / (1ull << 53) - 0.5) *
                                           (bits % 3 == 1 ? 1000.0 : 1e10));
            } else {
                const T corners[] = {0,
                                     1,
                                     static_cast<T>(-1),
                                     std::numeric_limits<T>::min(),
                                     std::numeric_limits<T>::max(),
                                     2,
                                     7,
                                     31};
                value = bits % 3 == 0   ? corners[bits / 3 % 8]
                        : bits % 3 == 1 ? static_cast<T>(bits >> 8)
                                        : static_cast<T>(bits >> 8 & 63);
            }
        }
        return result;
    }

    // NaN equals NaN whatever its payload.
    template <class T>
    static bool same(T a, T b) {
        if constexpr (std::is_floating_point_v<T>)
            if (a != a && b != b)
                return true;
        return std::memcmp(&a, &b, sizeof a) == 0;
    }

    template <class Result, class... Operands, class Expected>
    static void run(Device &device, CUmodule module, const std::string &name,
                    const std::string &body, Expected expected) {
        INFO(body);
        unsigned seed = 0;
        [[maybe_unused]] auto next = [&] { return ++seed; };
        std::tuple<std::vector<Operands>...> operands{values<Operands>(next())...};
        std::vector<CUdeviceptr> parameters{device.allocate(count * sizeof(Result))};
        std::apply([&](const auto &...o) { (..., parameters.push_back(device.upload(o))); },
                   operands);
        REQUIRE(device.launch(module, name, {blocks, 1, 1}, {threads, 1, 1}, parameters) == 0);
        const auto results = device.download<Result>(parameters[0], count);
        for (unsigned n = 0; n < count; n++) {
            const Result want = std::apply(
                [&](const auto &...o) { return static_cast<Result>(expected(o[n]...)); }, operands);
            if (same(results[n], want))
                continue;
            std::apply([&](const auto &...o) { (..., UNSCOPED_INFO("operand " << +o[n])); },
                       operands);
            CHECK(+results[n] == +want);
            break;
        }
        SUCCEED();
        for (CUdeviceptr parameter : parameters)
            cuMemFree_v2(parameter);
    }

    std::string target_, text_;
    std::vector<Case> cases_;
};

} // namespace octet::test
