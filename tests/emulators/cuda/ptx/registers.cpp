#include "registers.h"

#include <algorithm>
#include <cstring>

namespace octet::ptx {

void Registers::declare(const std::string &name, int bits) {
    scopes_.back()[name] = {no_slot, bits};
    declared_++;
}

const Registers::Register *Registers::find(const std::string &name) {
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
        auto found = scope->find(name);
        if (found == scope->end())
            continue;
        if (found->second.slot == no_slot) {
            found->second.slot = allocate(found->second.bits);
            names_[found->second.slot] = name;
        }
        return &found->second;
    }
    return nullptr;
}

Slot Registers::allocate(int bits) {
    Slot slot = above_;
    above_ += register_bytes(bits);
    return slot;
}

Slot Registers::allocate_preset(int bits) {
    below_ += register_bytes(bits);
    return -below_;
}

Slot Registers::constant(uint64_t value, int bits) {
    auto [entry, is_new] = constants_.try_emplace({value, bits}, 0);
    if (is_new)
        entry->second = allocate_preset(bits);
    return entry->second;
}

Slot Registers::special(Special special, int bits) {
    auto [entry, is_new] = specials_.try_emplace({special, bits}, 0);
    if (is_new)
        entry->second = allocate_preset(bits);
    return entry->second;
}

void Registers::finish(Kernel &kernel) const {
    kernel.register_bytes = above_;
    kernel.preset_bytes = below_;
    kernel.preset.assign(below_, 0);
    kernel.register_names = names_;
    kernel.declared_registers = declared_;
    for (const auto &[key, slot] : constants_) {
        auto [value, bits] = key;
        uint8_t *at = kernel.preset.data() + below_ + slot;
        Lanes lanes = value & 1 ? all_lanes : 0;
        if (bits == 1)
            std::memcpy(at, &lanes, sizeof lanes);
        else
            for (int lane = 0; lane < warp_size; lane++)
                std::memcpy(at + lane * bits / 8, &value, bits / 8);
    }
    for (const auto &[key, slot] : specials_)
        kernel.specials.emplace_back(slot, key.first);
}

} // namespace octet::ptx
