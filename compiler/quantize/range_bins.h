// A histogram as the searches for a range read it: the bins with values, exact zeros apart.
#pragma once

#include "compiler/quantize/histogram.h"

#include <algorithm>
#include <vector>

namespace octet::quantize {

struct Bins {
    double width = 0;
    std::vector<double> edges; ///< One more than bins. The outermost are min and max.
    std::vector<double> mass;  ///< How many values each bin has, not counting exact zeros.
    double count = 0;          ///< of all values, zeros included
    double total = 0;          ///< of `mass`

    explicit Bins(const Histogram &histogram)
        : width(histogram.bin_width()), count(double(histogram.count())),
          total(double(histogram.count() - histogram.zeros())) {
        if (histogram.empty())
            return;
        for (int64_t k = histogram.first_bin(); k <= histogram.last_bin(); k++) {
            edges.push_back(std::max(double(k) * width, double(histogram.min())));
            mass.push_back(double(histogram.count_of(k) - (k == 0 ? histogram.zeros() : 0)));
        }
        edges.push_back(histogram.max());
    }

    size_t size() const { return mass.size(); }
};

} // namespace octet::quantize
