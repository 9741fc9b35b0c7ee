// Executor: runs a compiled model wherever its target's runner says, in this process or by a
// command (an emulator, a board).
//
// What to do is a Script, a list of steps on the memory that a run works on: the arena and the
// caller's inputs and outputs. All steps go to the other side at once, because starting an emulator
// costs more than most networks, and all that was read comes back at once. Verification,
// measurement and `octet run` are scripts, so none of them knows where the code runs.
#pragma once

#include "compiler/compile.h"

#include <memory>
#include <vector>

namespace octet {

/// A run of bytes in a region of memory; weights are constant and no place.
struct Place {
    lower::Region region = lower::Region::arena;
    int index = 0; ///< number of the arena, input or output
    uint64_t offset = 0, bytes = 0;
};

struct Step {
    enum class Kind : uint32_t { end, fill, write, call, read, paint, marks };
    Kind kind = Kind::end;
    Place place = {};      ///< of fill, write and read
    uint8_t value = 0;     ///< of fill
    uint32_t call = 0;     ///< of call: the number of the program's call, or whole_network
    size_t data_start = 0; ///< of write: where its bytes lie in Script::data
    static constexpr uint32_t whole_network = 0xffffffff;
};

class Script {
public:
    void fill(const Place &place, uint8_t value);
    void write(const Place &place, const uint8_t *bytes);
    /// Runs one call of the program alone.
    void call(size_t call);
    /// Runs the whole network.
    void run();
    /// Reads; the result is its place in Outcome::reads.
    size_t read(const Place &place);
    /// Fills unused stack and the arenas with a pattern, so that marks() sees what was used since.
    void paint();
    void marks();

    const std::vector<Step> &steps() const { return steps_; }
    const Bytes &data() const { return data_; }
    /// Bytes that go to the other side and back.
    size_t traffic() const { return data_.size() + read_bytes_; }
    /// Steps that run kernels.
    size_t run_count() const { return run_count_; }

private:
    std::vector<Step> steps_;
    Bytes data_;
    size_t read_bytes_ = 0, reads_ = 0, run_count_ = 0;
};

/// What of the memory was used since paint(), in bytes from its start (the stack's: from its top).
struct HighWater {
    uint64_t stack = 0; ///< 0 in this process, where it is not known
    std::vector<uint64_t> arenas;
};

struct Outcome {
    std::vector<Bytes> reads;
    std::vector<uint64_t> instructions; ///< of each call or run, in order; empty: not counted
    std::vector<HighWater> marks;
};

class Executor {
public:
    virtual ~Executor() = default;
    /// Runs all steps in order. Throws Error when one fails: a kernel's status, an emulator that is
    /// missing, crashes, or takes too long.
    virtual Outcome execute(const Script &script) = 0;
};

/// Bytes of traffic() beyond which work is better split into several scripts: enough to hide an
/// emulator's start, little enough for progress to show.
inline constexpr size_t script_bytes = size_t(4) << 20;

/// The executor that the target's runner asks for. `compiled` must outlive it; `threads` apply in
/// this process. Throws Error when the target does not run from this machine.
std::unique_ptr<Executor> make_executor(const Compiled &compiled, int threads = 1);

} // namespace octet
