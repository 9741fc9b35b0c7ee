// One model of the bundle: a layer or a network, for one target and batch.
#pragma once

#include "card.h"
#include "octet/cuda.h"

#include <string>
#include <vector>

namespace octet::bench {

/// A line of cases.tsv.
struct Case {
    std::string name, target;
    int batch = 1, images = 1, calls = 1;
    double macs = 0, bytes = 0;
    int64_t m = 0, n = 0, k = 0; ///< of the matrix product, 0 where it is none
    size_t weights_start = 0;    ///< where the file `weights` belongs in the model file
    std::string weights;

    std::string title() const { return name + " " + target + " " + std::to_string(batch); }
};

std::vector<Case> read_cases(const std::string &folder);

struct Exactness {
    uint64_t outputs = 0, mismatches = 0; ///< bytes
    int calls = 0;                        ///< that were compared one by one
    std::string first_wrong;              ///< the first call that differs
};

/// In seconds per run.
struct Time {
    double least = 0, median = 0; ///< of many runs that are one graph
    double alone = 0;             ///< from a run's call to its end, the median
};

/// The model, opened on the card with its images there.
class Running {
public:
    Running(Card &card, const std::string &folder, const Case &which);
    ~Running();
    Running(const Running &) = delete;
    Running &operator=(const Running &) = delete;

    /// Runs with arrays in the host's memory, then with arrays on the card, then, where the bundle
    /// has their hashes, each call.
    Exactness check();
    Time time(double seconds);

private:
    using Bytes = std::vector<uint8_t>;

    /// Puts the model file together, at the alignment that the runtime needs.
    void read_model(const std::string &weights);
    void compare(const std::vector<Bytes> &outputs, Exactness &result) const;
    void check_calls(Exactness &result);

    Card &card_;
    const Case &case_;
    std::string files_; ///< what all files of the case begin with
    void *library_ = nullptr;
    Bytes memory_; ///< which holds the model file
    uint8_t *image_ = nullptr;
    size_t image_bytes_ = 0;
    octet_model *model_ = nullptr;
    std::vector<Bytes> inputs_, expected_; ///< of the whole batch
    std::vector<Address> arrays_;          ///< on the card: inputs, then outputs
    std::vector<const void *> card_inputs_;
    std::vector<void *> card_outputs_;
};

} // namespace octet::bench
