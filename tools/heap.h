// Memory for work with tensors of hundreds of megabytes that come and go with every operator.
//
// The C library would take each of them from the system and give it back, and the system clears
// what it gives: that alone is a third of the time of a walk through a large network.
#pragma once

namespace octet::tools {

/// Memory that is freed stays with this process for the next tensor. Does nothing where the C
/// library cannot be told.
void keep_freed_memory();

} // namespace octet::tools
