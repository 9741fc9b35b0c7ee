// A network of any type as a function of real numbers.
//
// Float networks run on this machine's vector units, quantized ones as compiled kernels on the
// target, in this process or by its runner. What has no kernel yet runs in the reference
// interpreter, and stderr says so.
#pragma once

#include "compiler/quantize/samples.h"
#include "tools/model.h"

namespace octet::tools {

class Predictor {
public:
    /// Reads and, if it is quantized, compiles options.model. Throws UsageError or Error.
    explicit Predictor(const ModelOptions &options);
    ~Predictor();

    const Graph &graph() const; ///< or only its inputs and outputs, of a compiled program
    /// All outputs as reals, samples outermost.
    std::vector<Values> run(const quantize::Samples &samples);
    /// How the network runs, in words.
    std::string_view engine() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// True when every tensor between operators is real and none is quantized at run time.
bool is_float(const Graph &graph);

/// The outputs of a float network.
std::vector<Values> run_float(const Graph &graph, const quantize::Samples &samples, int threads);
/// The outputs of any network, by the reference interpreter.
std::vector<Values> run_reference(const Graph &graph, const quantize::Samples &samples);
/// The outputs of a compiled program.
std::vector<Values> run_compiled(const Graph &graph, const Compiled &compiled,
                                 const quantize::Samples &samples, int threads);

} // namespace octet::tools
