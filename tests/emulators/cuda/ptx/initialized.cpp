#include "initialized.h"

#include "control_flow.h"

#include <algorithm>
#include <map>
#include <set>

namespace octet::ptx {
namespace {

// Bit sets of all registers, one per instruction: a register's bit says that it is surely written.
using Bits = std::vector<uint64_t>;

bool intersect(Bits &into, const Bits &from) {
    bool changed = false;
    for (size_t w = 0; w < into.size(); w++) {
        uint64_t both = into[w] & from[w];
        changed |= both != into[w];
        into[w] = both;
    }
    return changed;
}

} // namespace

void find_uninitialized_registers(Kernel &kernel, const std::vector<RegisterUse> &uses) {
    std::map<Slot, int> index;
    for (const RegisterUse &use : uses)
        for (const std::vector<Slot> *slots : {&use.reads, &use.writes})
            for (Slot slot : *slots)
                index.try_emplace(slot, static_cast<int>(index.size()));

    // The bits live at the starts of basic blocks; inside a block they are followed on the way.
    const int count = static_cast<int>(kernel.code.size());
    std::vector<bool> starts(count + 1);
    if (count)
        starts[0] = true;
    for (int i = 0; i < count; i++)
        if (is_branch(kernel.code[i])) {
            starts[kernel.code[i].target] = true;
            starts[i + 1] = true;
        }
    std::map<int, Bits> at;
    at[0] = Bits(index.size() / 64 + 1, 0);
    auto write = [&](Bits &bits, int i) {
        // A guarded write may not happen.
        if (kernel.code[i].guard == no_slot)
            for (Slot slot : uses[i].writes)
                bits[index[slot] / 64] |= uint64_t{1} << index[slot] % 64;
    };
    std::set<int> pending{0};
    while (!pending.empty()) {
        int i = *pending.begin();
        pending.erase(pending.begin());
        if (i >= count)
            continue;
        Bits bits = at[i];
        for (;; i++) {
            write(bits, i);
            std::vector<int> next = successors(kernel.code, i);
            if (next.size() == 1 && next[0] == i + 1 && !(i + 1 < count && starts[i + 1]) &&
                i + 1 < count)
                continue;
            for (int s : next) {
                auto [entry, is_new] = at.try_emplace(s, bits);
                if (is_new || intersect(entry->second, bits))
                    pending.insert(s);
            }
            break;
        }
    }

    std::set<Slot> doubtful;
    for (auto &[start, entry] : at) {
        Bits bits = entry;
        for (int i = start; i < count && (i == start || !at.contains(i)); i++) {
            for (Slot slot : uses[i].reads)
                if (!(bits[index[slot] / 64] >> index[slot] % 64 & 1))
                    doubtful.insert(slot);
            write(bits, i);
        }
    }
    // Registers that an asynchronous instruction uses are watched wherever they are touched.
    for (int i = 0; i < count; i++)
        if (kernel.code[i].is_asynchronous)
            doubtful.insert(kernel.code[i].lists.begin(), kernel.code[i].lists.end());
    for (int i = 0; i < count; i++) {
        RegisterUse use;
        for (Slot slot : uses[i].reads)
            if (doubtful.contains(slot))
                use.reads.push_back(slot);
        for (Slot slot : uses[i].writes)
            if (doubtful.contains(slot))
                use.writes.push_back(slot);
        if (use.reads.empty() && use.writes.empty())
            continue;
        kernel.code[i].tracked = true;
        kernel.register_uses[i] = use;
    }
}

} // namespace octet::ptx
