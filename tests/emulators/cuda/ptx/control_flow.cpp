#include "control_flow.h"

#include "../instructions/instructions.h"

#include <algorithm>

namespace octet::ptx {

bool is_branch(const Instruction &i) {
    return i.target >= 0;
}

bool is_exit(const Instruction &i) {
    return i.run == run_exit;
}

std::vector<int> successors(const std::vector<Instruction> &code, int index) {
    const Instruction &i = code[index];
    bool always = i.guard == no_slot;
    std::vector<int> next;
    if (is_branch(i))
        next.push_back(i.target);
    if (is_exit(i))
        next.push_back(static_cast<int>(code.size()));
    if ((!is_branch(i) && !is_exit(i)) || !always)
        next.push_back(index + 1);
    return next;
}

// Post-dominators by the algorithm of Cooper, Harvey and Kennedy on the reversed graph, whose nodes
// are single instructions and whose root is the exit.
void find_meeting_points(std::vector<Instruction> &code) {
    const int exit = static_cast<int>(code.size());
    std::vector<std::vector<int>> next(exit + 1), previous(exit + 1);
    for (int i = 0; i < exit; i++)
        for (int s : successors(code, i)) {
            next[i].push_back(s);
            previous[s].push_back(i);
        }

    std::vector<int> order, number(exit + 1, -1);
    std::vector<bool> seen(exit + 1);
    std::vector<std::pair<int, size_t>> stack{{exit, 0}};
    seen[exit] = true;
    while (!stack.empty()) {
        auto &[node, edge] = stack.back();
        if (edge < previous[node].size()) {
            int other = previous[node][edge++];
            if (!seen[other]) {
                seen[other] = true;
                stack.emplace_back(other, 0);
            }
        } else {
            number[node] = static_cast<int>(order.size());
            order.push_back(node);
            stack.pop_back();
        }
    }

    std::vector<int> parent(exit + 1, -1);
    parent[exit] = exit;
    auto common = [&](int a, int b) {
        while (a != b) {
            while (number[a] < number[b])
                a = parent[a];
            while (number[b] < number[a])
                b = parent[b];
        }
        return a;
    };
    for (bool changed = true; changed;) {
        changed = false;
        for (auto node = order.rbegin(); node != order.rend(); ++node) {
            if (*node == exit)
                continue;
            int meet = -1;
            for (int s : next[*node])
                if (parent[s] >= 0)
                    meet = meet < 0 ? s : common(meet, s);
            if (meet >= 0 && parent[*node] != meet) {
                parent[*node] = meet;
                changed = true;
            }
        }
    }
    // A loop without an exit has no post-dominator; its branches meet at the exit.
    for (int i = 0; i < exit; i++)
        if (is_branch(code[i]))
            code[i].meet = parent[i] >= 0 ? parent[i] : exit;
}

} // namespace octet::ptx
