// Floating-point arithmetic: add, sub, mul, fma, div, min, max, neg, abs, and the functions rcp,
// sqrt, rsqrt, sin, cos, ex2, lg2, tanh, copysign.
//
// Correctly rounded instructions are exact. The approximate ones (.approx, .full) return the host's
// correctly rounded or library result: a card's differ in the last bits, so no kernel may depend on
// them. Halide asks for no rounding but to nearest; others take a slow way.
#include "instructions.h"
#include "lanewise.h"
#include "rounding.h"

#include <cmath>

namespace octet::ptx {
namespace {

struct Add {
    template <class T>
    static T apply(T a, T b) {
        return a + b;
    }
};
struct Subtract {
    template <class T>
    static T apply(T a, T b) {
        return a - b;
    }
};
struct Multiply {
    template <class T>
    static T apply(T a, T b) {
        return a * b;
    }
};
struct Divide {
    template <class T>
    static T apply(T a, T b) {
        return a / b;
    }
};
struct MultiplyAdd {
    template <class T>
    static T apply(T a, T b, T c) {
        return std::fma(a, b, c);
    }
};
// With one NaN the other operand is the result; -0 is less than +0.
struct Minimum {
    template <class T>
    static T apply(T a, T b) {
        if (a == b)
            return std::signbit(a) ? a : b;
        return std::isnan(a) || b < a ? b : a;
    }
};
struct Maximum {
    template <class T>
    static T apply(T a, T b) {
        if (a == b)
            return std::signbit(a) ? b : a;
        return std::isnan(a) || a < b ? b : a;
    }
};
template <class Operation>
struct PassingNan {
    template <class T>
    static T apply(T a, T b) {
        return std::isnan(a) ? a : std::isnan(b) ? b : Operation::apply(a, b);
    }
};
struct Negate {
    template <class T>
    static T apply(T a) {
        return -a;
    }
};
struct Absolute {
    template <class T>
    static T apply(T a) {
        return std::fabs(a);
    }
};
struct CopySign { // copysign d, a, b: the sign of a on b
    template <class T>
    static T apply(T a, T b) {
        return std::copysign(b, a);
    }
};
struct Reciprocal {
    template <class T>
    static T apply(T a) {
        return T{1} / a;
    }
};
struct SquareRoot {
    template <class T>
    static T apply(T a) {
        return std::sqrt(a);
    }
};
struct InverseRoot {
    template <class T>
    static T apply(T a) {
        return static_cast<T>(1.0 / std::sqrt(static_cast<double>(a)));
    }
};
struct Sine {
    template <class T>
    static T apply(T a) {
        return std::sin(a);
    }
};
struct Cosine {
    template <class T>
    static T apply(T a) {
        return std::cos(a);
    }
};
struct Exponential {
    template <class T>
    static T apply(T a) {
        return std::exp2(a);
    }
};
struct Logarithm {
    template <class T>
    static T apply(T a) {
        return std::log2(a);
    }
};
struct Tangent {
    template <class T>
    static T apply(T a) {
        return std::tanh(a);
    }
};

constexpr int flush = 4, saturate = 8;

template <class T>
T tidied(T v, int option) {
    if (option & flush && std::fpclassify(v) == FP_SUBNORMAL)
        return std::copysign(T{0}, v);
    return v;
}

// Any rounding, .ftz and .sat: one lane at a time, kept from being computed before the mode is set.
template <class Operation, class T, int arguments>
void run_slowly(Warp &warp, const Instruction &i) {
    static constexpr int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};
    Rounding rounding(modes[i.option & 3]);
    for_lanes(warp.active, [&](int lane) {
        volatile T v[3] = {};
        for (int n = 0; n < arguments; n++)
            v[n] = tidied(warp.lanes<T>(i.slot[n + 1])[lane], i.option);
        volatile T result;
        if constexpr (arguments == 1)
            result = Operation::apply(static_cast<T>(v[0]));
        else if constexpr (arguments == 2)
            result = Operation::apply(static_cast<T>(v[0]), static_cast<T>(v[1]));
        else
            result =
                Operation::apply(static_cast<T>(v[0]), static_cast<T>(v[1]), static_cast<T>(v[2]));
        T value = tidied(static_cast<T>(result), i.option);
        if (i.option & saturate)
            value = value > T{0} ? (value < T{1} ? value : T{1}) : T{0};
        warp.lanes<T>(i.slot[0])[lane] = value;
    });
}

template <class Operation, int arguments>
void decode(Decoder &d, Type type) {
    d.instruction.counted_as = Class::Float;
    take_operands(d, type, arguments);
    const int mode = take_rounding(d.opcode, false);
    int option = mode == FE_TOWARDZERO ? 1 : mode == FE_DOWNWARD ? 2 : mode == FE_UPWARD ? 3 : 0;
    option |= (d.opcode.take("ftz") ? flush : 0) | (d.opcode.take("sat") ? saturate : 0);
    d.instruction.option = option;
    d.instruction.run = for_float(type, [&]<class T>(As<T>) -> Handler {
        if (option)
            return run_slowly<Operation, T, arguments>;
        if constexpr (arguments == 1)
            return Lanewise<Operation, T, T>::run;
        else if constexpr (arguments == 2)
            return Lanewise<Operation, T, T, T>::run;
        else
            return Lanewise<Operation, T, T, T, T>::run;
    });
}

template <class Operation>
void decode_extreme(Decoder &d, Type type) {
    if (d.opcode.take("NaN"))
        decode<PassingNan<Operation>, 2>(d, type);
    else
        decode<Operation, 2>(d, type);
}

template <class Operation, int arguments>
void decode_function(Decoder &d) {
    Type type = d.opcode.take_type();
    d.opcode.take("approx");
    d.opcode.take("full");
    decode<Operation, arguments>(d, type);
}

} // namespace

void decode_float(Decoder &d, Type type) {
    const std::string &name = d.opcode.name();
    if (name == "add")
        decode<Add, 2>(d, type);
    else if (name == "sub")
        decode<Subtract, 2>(d, type);
    else if (name == "mul")
        decode<Multiply, 2>(d, type);
    else if (name == "mad")
        decode<MultiplyAdd, 3>(d, type);
    else if (name == "min")
        decode_extreme<Minimum>(d, type);
    else if (name == "max")
        decode_extreme<Maximum>(d, type);
    else if (name == "neg")
        decode<Negate, 1>(d, type);
    else if (name == "abs")
        decode<Absolute, 1>(d, type);
    else if (name == "div") {
        d.opcode.take("approx");
        d.opcode.take("full");
        decode<Divide, 2>(d, type);
    }
}

void add_float_functions(InstructionTable &table) {
    table["fma"] = decode_function<MultiplyAdd, 3>;
    table["copysign"] = decode_function<CopySign, 2>;
    table["rcp"] = decode_function<Reciprocal, 1>;
    table["sqrt"] = decode_function<SquareRoot, 1>;
    table["rsqrt"] = decode_function<InverseRoot, 1>;
    table["sin"] = decode_function<Sine, 1>;
    table["cos"] = decode_function<Cosine, 1>;
    table["ex2"] = decode_function<Exponential, 1>;
    table["lg2"] = decode_function<Logarithm, 1>;
    table["tanh"] = decode_function<Tangent, 1>;
}

} // namespace octet::ptx
