// A model for the bare-metal runtime that tests open, and spoil.
#pragma once

#include "runtime/file.h"
#include "runtime/octet_file_generated.h"
#include "tests/bare_metal/bare_model.h"

#include <catch2/catch.hpp>

#include <cstring>

namespace octet::test {

/// A model image, library and arena that are in order, until a test spoils one of them.
struct Opened {
    BareModel bare;
    AlignedImage image{bare.sample().image()};
    octet_library library = bare.library();
    BareArena arena{bare.arena_bytes()};
    octet_bare_model model{};

    octet_status open() { return open(image.data(), image.size()); }
    octet_status open(const void *data, size_t size) {
        return octet_bare_open(&model, data, size, &library, arena.memory.data(), arena.bytes);
    }
    octet_status run(SampleArrays &arrays) {
        return octet_bare_run(&model, arrays.inputs().data(), arrays.outputs().data());
    }
    /// Opens, expecting `status`, and shows that then nothing runs.
    void refuses(octet_status status) {
        const int before = bare_kernel_runs();
        CHECK(open() == status);
        SampleArrays arrays(1);
        CHECK(run(arrays) == OCTET_ERROR_ARGUMENT);
        CHECK(octet_bare_call_count(&model) == 0);
        CHECK(bare_kernel_runs() == before);
    }

    file::Program *program() { return const_cast<file::Program *>(file::GetProgram(image.data())); }
    flatbuffers::Table *table() { return reinterpret_cast<flatbuffers::Table *>(program()); }
    file::Argument *argument(unsigned call, unsigned index) {
        return const_cast<file::Argument *>(program()->calls()->Get(call)->arguments()->Get(index));
    }
    void set_argument(unsigned call, unsigned index, const file::Argument &argument_) {
        std::memcpy(static_cast<void *>(argument(call, index)), &argument_, sizeof argument_);
    }
    /// Makes the checksum right again, as somebody would who means harm.
    void seal() {
        const auto field = size_t(table()->GetAddressOf(file::Program::VT_CHECKSUM) - image.data());
        const uint64_t sum = file::checksum(image.data(), image.size(), field);
        std::memcpy(image.data() + field, &sum, sizeof sum);
    }
};

} // namespace octet::test
