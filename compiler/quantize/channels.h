// Channel pairs: two operators with weights, the second reading nothing but the first's channels.
//
// Between them a channel is a private matter: it can be scaled (equalization), shifted (bias
// absorption) or removed, as long as both sides agree.
#pragma once

#include "compiler/graph/connections.h"
#include "compiler/quantize/weighted.h"

namespace octet::quantize {

/// Indices of two operators with weights. The second alone reads the first's output, as its input
/// 0, and input channel c of the second is output channel c of the first.
struct ChannelPair {
    int first = 0, second = 0;
};

std::vector<ChannelPair> channel_pairs(const Graph &graph);

/// Calls f(weight) for each of the reader's weights that meet input channel c; `rows` are its
/// weight_rows().
template <typename F>
void for_input_channel(const Operator &reader, Rows &rows, int c, int channels, F &&f) {
    if (reader.kind == OpKind::depthwise_conv2d) {
        for (int k = 0; k < rows.depth; ++k)
            f(rows.row(c)[k]);
        return;
    }
    for (int co = 0; co < rows.channels; ++co)
        for (int k = c; k < rows.depth; k += channels)
            f(rows.row(co)[k]);
}

} // namespace octet::quantize
