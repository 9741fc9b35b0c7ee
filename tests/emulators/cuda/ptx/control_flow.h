// Where the ways of a divergent branch meet again: the immediate post-dominator of the branch.
#pragma once

#include "program.h"

namespace octet::ptx {

/// The instructions that may follow an instruction; the number of instructions stands for the exit.
std::vector<int> successors(const std::vector<Instruction> &code, int index);

/// Whether control may go elsewhere than to the next instruction.
bool is_branch(const Instruction &instruction);
bool is_exit(const Instruction &instruction);

/// Sets `meet` of every conditional branch. A branch whose ways only meet at the exit gets the
/// number of instructions.
void find_meeting_points(std::vector<Instruction> &code);

} // namespace octet::ptx
