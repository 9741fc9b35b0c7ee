// Batches: a network for one image, rewritten for several at once.
//
// Images lie one behind another along the first axis of every tensor that depends on the inputs,
// and no operator may look at two of them. Then the network computes for each image what it
// computes for one, and devices whose grids grow with the images may run any number of them.
#pragma once

#include "compiler/graph/graph.h"

#include <string>

namespace octet {

/// The number of images that the network treats independently of each other: the first extent of
/// all its inputs; 1 where an operator mixes images or a tensor has no axis for them.
int images_of(const Graph &graph);

/// The same network for `images` images at once. Throws UsageError, naming the operator, where it
/// mixes images; where its inputs are for several images already; and Error where it grows too
/// large.
Graph with_batch(const Graph &graph, int images);

} // namespace octet
