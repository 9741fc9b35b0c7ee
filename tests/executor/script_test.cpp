// The files through which the runner firmware and the compiler talk.
#include "compiler/executor/script_file.h"
#include "compiler/support/error.h"

#include <catch2/catch.hpp>

namespace octet {
namespace {

using lower::Region;

Bytes bytes_of(const std::vector<uint32_t> &words) {
    Bytes bytes;
    for (uint32_t word : words)
        for (int shift = 0; shift < 32; shift += 8)
            bytes.push_back(uint8_t(word >> shift));
    return bytes;
}

lower::Program two_calls() {
    lower::Program program;
    program.name = "net";
    program.target = "chip";
    program.calls.resize(2);
    program.calls[0].name = "first";
    program.calls[1].name = "second";
    return program;
}

std::string message_of(const Script &script, const Bytes &result) {
    try {
        decode_result(script, two_calls(), result);
        return "";
    } catch (const Error &error) {
        return error.what();
    }
}

} // namespace

TEST_CASE("A script's words are the runner's", "[executor]") {
    const uint8_t data[] = {1, 2, 3, 4, 5};
    Script script;
    script.fill({Region::arena, 0, 8, 100}, 0xa5);
    script.write({Region::input, 1, 2, 5}, data);
    script.call(7);
    script.run();
    CHECK(script.read({Region::output, 3, 4, 6}) == 0);
    script.paint();
    script.marks();
    CHECK(script.read({Region::arena, 0, 0, 1}) == 1);
    CHECK(script.run_count() == 2);
    CHECK(script.traffic() == 5 + 6 + 1);
    CHECK(encode_script(script) ==
          bytes_of({0x5354434f,                                       // "OCTS"
                    1,          0,          0, 8, 100, 0xa5,          // fill
                    2,          2,          1, 2, 5,   0x04030201, 5, // write
                    3,          7,                                    // call
                    3,          0xffffffff,                           // the whole network
                    4,          3,          3, 4, 6,   5,          6,
                    4,          0,          0, 0, 1,   0})); // read, paint, marks, read, end
}

TEST_CASE("A result is taken apart in the script's order", "[executor]") {
    Script script;
    script.call(1);
    script.read({Region::output, 0, 0, 5});
    script.marks();
    script.run();
    const Bytes result = bytes_of({0, 0x04030201, 5, 96, 1000, 0});
    const Outcome outcome = decode_result(script, two_calls(), result);
    CHECK(outcome.reads == std::vector<Bytes>{{1, 2, 3, 4, 5}});
    CHECK(outcome.marks.at(0).stack == 96);
    CHECK(outcome.marks.at(0).arenas == std::vector<uint64_t>{1000});
    for (size_t size = 0; size < result.size(); ++size)
        CHECK_THAT(message_of(script, Bytes(result.begin(), result.begin() + ptrdiff_t(size))),
                   Catch::Contains("ends after " + std::to_string(size) + " bytes"));
    CHECK_THAT(message_of(script, bytes_of({6, 0, 0, 0, 0, 0})),
               Catch::Contains("second: kernel failed (status 6) on target chip"));
    CHECK_THAT(message_of(script, bytes_of({0, 0, 0, 0, 0, 4})),
               Catch::Contains("net: invalid argument (status 4)"));
}

TEST_CASE("Counts are one number for each call", "[executor]") {
    Script script;
    script.call(0);
    script.run();
    CHECK(decode_counts(script, "12\n18446744073709551615\n") ==
          std::vector<uint64_t>{12, 18446744073709551615u});
    CHECK(decode_counts(script, "1\n2\ntotal 99\n") == std::vector<uint64_t>{1, 2});
    CHECK_THROWS_WITH(decode_counts(script, ""), Catch::Contains("0 numbers for 2 calls"));
    CHECK_THROWS_WITH(decode_counts(script, "1\n2\n3\n"), Catch::Contains("3 numbers for 2 calls"));
    CHECK_THROWS_WITH(decode_counts(script, "1\ntwo\n"), Catch::Contains("\"two\" is no number"));
    CHECK_THROWS_WITH(decode_counts(script, "1\n2 3\n"), Catch::Contains("\"2 3\" is no number"));
}

} // namespace octet
