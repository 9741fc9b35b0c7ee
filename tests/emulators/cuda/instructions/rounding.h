// Rounding modes of floating-point instructions.
#pragma once

#include "../ptx/opcode.h"

#include <cfenv>

namespace octet::ptx {

/// The modes as cfenv has them: nearest even, towards zero, down, up; -1 if none is named.
inline int take_rounding(Opcode &opcode, bool to_integer) {
    static constexpr int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};
    const int index = to_integer ? opcode.take_one_of({"rni", "rzi", "rmi", "rpi"})
                                 : opcode.take_one_of({"rn", "rz", "rm", "rp"});
    return index < 0 ? -1 : modes[index];
}

/// Sets the mode of this thread for its lifetime.
class Rounding {
public:
    explicit Rounding(int mode) : before_(std::fegetround()) {
        if (mode != before_)
            std::fesetround(mode);
    }
    ~Rounding() { std::fesetround(before_); }
    Rounding(const Rounding &) = delete;
    Rounding &operator=(const Rounding &) = delete;

private:
    int before_;
};

} // namespace octet::ptx
