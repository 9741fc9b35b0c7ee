// Cases that a Python script writes: a model.onnx, its inputs and what another engine makes of
// them.
//
// Octet takes and gives images channels last where ONNX has them channels first, and says so in the
// graph's notes; a case's arrays are as ONNX has them and are permuted by those notes.
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/support/npy.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace octet::test {

/// A folder that goes away with its owner.
class CaseFolder {
public:
    CaseFolder();
    ~CaseFolder();
    CaseFolder(const CaseFolder &) = delete;
    CaseFolder &operator=(const CaseFolder &) = delete;
    const std::filesystem::path &path() const { return path_; }
    /// Sub-folders in order of their names.
    std::vector<std::filesystem::path> cases() const;

private:
    std::filesystem::path path_;
};

/// Runs a script of this folder with the case folder and `arguments`. False, with a warning in the
/// test's log, when Python or a package is missing; any other failure fails the test.
bool run_script(const std::string &script, const CaseFolder &folder,
                const std::string &arguments = "");

/// Arrays input0.npy, ... or output0.npy, ... of a case.
std::vector<Array> arrays(const std::filesystem::path &folder, const std::string &stem);

/// What the reference interpreter computes for a case's inputs, as ONNX has the outputs.
std::vector<Array> interpret(const Graph &graph, const std::vector<Array> &inputs);

/// Largest difference over the largest magnitude of `theirs` (at least 1e-3), for floats.
double relative_error(const Array &ours, const Array &theirs);

} // namespace octet::test
