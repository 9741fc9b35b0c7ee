#include "compiler/float/strided.h"

#include <algorithm>

namespace octet::floats {

std::vector<int64_t> dense_strides(const Shape &shape) {
    std::vector<int64_t> strides(shape.size());
    int64_t stride = 1;
    for (size_t axis = shape.size(); axis-- > 0; stride *= shape[axis])
        strides[axis] = stride;
    return strides;
}

std::vector<Axis> merge_axes(const std::vector<Axis> &axes) {
    std::vector<Axis> merged;
    for (const Axis &axis : axes) {
        if (axis.extent == 1)
            continue;
        if (!merged.empty() && merged.back().a == axis.a * axis.extent &&
            merged.back().b == axis.b * axis.extent)
            merged.back() = {merged.back().extent * axis.extent, axis.a, axis.b};
        else
            merged.push_back(axis);
    }
    if (merged.empty())
        merged.push_back({1, 1, 1});
    return merged;
}

Place place_of(const std::vector<Axis> &axes, size_t count, int64_t index) {
    Place place;
    for (size_t axis = count; axis-- > 0; index /= axes[axis].extent) {
        const int64_t i = index % axes[axis].extent;
        place.a += i * axes[axis].a;
        place.b += i * axes[axis].b;
    }
    return place;
}

void copy_strided(float *to, const float *from, const std::vector<Axis> &axes, Workers &workers) {
    const std::vector<Axis> merged = merge_axes(axes);
    const Axis row = merged.back();
    const size_t outer = merged.size() - 1;
    int64_t rows = 1;
    for (size_t axis = 0; axis < outer; ++axis)
        rows *= merged[axis].extent;
    // Tasks of some 16 K elements, of which each is a number of rows.
    const int64_t per_task = std::max<int64_t>(1, (1 << 14) / row.extent);
    workers.run((rows + per_task - 1) / per_task, [&](int64_t task) {
        for (int64_t i = task * per_task; i < std::min(rows, (task + 1) * per_task); ++i) {
            const Place place = place_of(merged, outer, i);
            float *out = to + place.a;
            const float *in = from + place.b;
            if (row.a == 1 && row.b == 1)
                std::copy_n(in, row.extent, out);
            else
                for (int64_t k = 0; k < row.extent; ++k)
                    out[k * row.a] = in[k * row.b];
        }
    });
}

} // namespace octet::floats
