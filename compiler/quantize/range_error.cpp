// With u = x / scale + zero_point, n(u) the integer that u is rounded and clipped to, and r = u -
// n, the error at u is r^2 scale^2. Its integral from a fixed point to u is
//
//     F(u) = n / 12 + r^3 / 3,
//
// since a whole step contributes 1/12 and r^3 / 3 grows by r^2 from step to step without a jump,
// also where values are clipped: there n stays and r leaves [-1/2, 1/2]. The mean over a bin from a
// to b is (F(b) - F(a)) / (b - a); where both ends have the same n it is (r_a^2 + r_a r_b + r_b^2)
// / 3, which does not cancel.
#include "compiler/quantize/range_bins.h"
#include "compiler/quantize/range_search.h"

namespace octet::quantize {

double squared_error(const Bins &bins, const Affine &affine, const Grid &grid) {
    if (bins.count == 0)
        return 0;
    const double lowest = grid.lowest(), highest = grid.highest();
    const double inverse = 1 / double(affine.scale);
    const auto position = [&](double x) { return x * inverse + affine.zero_point; };
    const auto round = [&](double u) {
        return lowest + double(int32_t(std::clamp(u, lowest, highest) - lowest + 0.5));
    };
    double sum = 0;
    double a = position(bins.edges[0]), n_a = round(a), r_a = a - n_a;
    for (size_t i = 0; i < bins.size(); i++) {
        const double b = position(bins.edges[i + 1]), n_b = round(b), r_b = b - n_b;
        const double mean =
            n_a == n_b ? (r_a * r_a + r_a * r_b + r_b * r_b) / 3
                       : ((n_b - n_a) / 12 + (r_b * r_b * r_b - r_a * r_a * r_a) / 3) / (b - a);
        sum += bins.mass[i] * mean;
        a = b, n_a = n_b, r_a = r_b;
    }
    return sum / bins.count * double(affine.scale) * double(affine.scale);
}

double expected_squared_error(const Histogram &histogram, const Affine &affine, const Grid &grid) {
    return squared_error(Bins(histogram), affine, grid);
}

Range least_squared_error(const Histogram &histogram, const Grid &grid) {
    const Bins bins(histogram);
    return search_range(
        bins, grid.symmetric ? Freedom::threshold : Freedom::ends,
        [&](Range range) { return squared_error(bins, scale_and_zero_point(range, grid), grid); });
}

} // namespace octet::quantize
